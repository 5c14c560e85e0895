#!/usr/bin/env python3
"""Measures what each part costs and prints the tables of docs/capacity-planning.md.

scripts/measure-costs.py [--bin .build/release] [--seconds 5] [--server-core 0] [--load-core 1]

Needs wrk and redis-server. Everything runs on loopback, in a temporary folder, and is ended at the end. The programs
and Redis share one core, the load has the other; a cost is processor time (user + system) over what was done, so it
holds when the cores are not fully used, too.
"""
import argparse, datetime, http.client, os, platform, re, resource, shutil, signal, socket, subprocess, sys
import tempfile, time

POST = """local n, base = 0, string.format("%06d", BASE)
function request()
  n = n + 1
  local body = '{"user":"' .. base .. string.format("%010d", n) .. '","quantity":1}'
  return "POST /v1/items/ITEM/purchases HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Type: application/json\\r\\n" ..
    "Content-Length: " .. #body .. "\\r\\n\\r\\n" .. body
end
"""
TICK = os.sysconf("SC_CLK_TCK")
TOKEN = "t" * 40


class Bench:
    def __init__(self, options):
        self.options, self.children, self.items, self.runs = options, {}, [], 0
        self.folder = tempfile.mkdtemp(prefix="sluice-costs-")
        for name, text in (("key", "%064x" % 1), ("token", TOKEN)):
            with open(os.open(self.path(name), os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(text)
        self.http, self.admin = free_port(), free_port()

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, command, core, ready=None):
        log = open(self.path(name + ".err"), "wb")
        child = subprocess.Popen(
            ["taskset", "-c", str(core)] + command, stdout=subprocess.PIPE if ready else log, stderr=log)
        self.children[name] = child
        if ready and not child.stdout.readline().startswith(ready):
            sys.exit(f"measure: {name} did not start: " + open(self.path(name + ".err")).read()[-500:])

    def program(self, name, *flags):
        """Starts one of ours and waits for its ready line; it waits for Redis by itself."""
        socket_url = "unix://" + self.path("r.sock")
        command = [os.path.join(self.options.bin, name), "--redis-url", socket_url, *flags]
        self.start(name, command, self.options.server_core, ready=b"ready")

    def redis(self, *words):
        """One command, as an integer or text."""
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(self.path("r.sock"))
            link.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
            reader = link.makefile("rb")
            head = reader.readline().strip()
            if head[:1] == b"$":
                return reader.read(int(head[1:])).decode()
            return int(head[1:]) if head[:1] == b":" else head.decode()

    def memory(self):
        return int(re.search(r"used_memory:(\d+)", self.redis("INFO", "memory")).group(1))

    def cpu(self):
        """Seconds of processor time of each child so far."""
        result = {}
        for name, child in self.children.items():
            fields = open(f"/proc/{child.pid}/stat").read().rsplit(")", 1)[1].split()
            result[name] = (int(fields[11]) + int(fields[12])) / TICK
        return result

    def put(self, item, stock):
        link = http.client.HTTPConnection("127.0.0.1", self.admin)
        body = '{"stock":%d,"queue_limit":100000000}' % stock
        link.request("PUT", f"/admin/v1/items/{item}", body, {
            "Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"})
        status = link.getresponse().status
        assert status in (200, 201), status
        self.items.append(item)

    def load(self, connections, path="", item=None, more=(), least=0):
        """Runs wrk until `least` requests are done; returns requests, microseconds of each process, the p99."""
        arguments = ["-t1", f"-c{connections}", f"-d{self.options.seconds}s", "--latency"]
        before, done = self.cpu(), 0
        while True:
            script = []
            if item:
                self.runs += 1
                with open(self.path("post.lua"), "w") as file:
                    file.write(POST.replace("ITEM", item).replace("BASE", str(self.runs)))
                script = ["-s", self.path("post.lua")]
            out = subprocess.run(
                ["taskset", "-c", str(self.options.load_core), "wrk", *arguments, *script, *more,
                 f"http://127.0.0.1:{self.http}{path}"], capture_output=True, text=True, check=True).stdout
            done += int(re.search(r"(\d+) requests in", out).group(1))
            if done >= least:
                break
        after = self.cpu()
        p99 = re.search(r"99%\s+(\S+)", out).group(1)
        return done, {name: (after[name] - before.get(name, 0)) * 1e6 / done for name in after}, f"p99 {p99}"

    def total(self, field):
        return sum(int(self.redis("HGET", f"sluice:{{{item}}}:meta", field)) for item in self.items)

    def drain(self, *flags):
        """Runs a worker until nobody waits; returns purchases, microseconds of each process, purchases a second."""
        waiting = self.total("tail") - self.total("head")
        before, began = self.cpu(), time.monotonic()
        self.program("sluice-worker", "--ops-listen", "127.0.0.1:0", *flags)
        while self.total("sold") < self.total("tail"):
            if time.monotonic() - began > 120:
                sys.exit("measure: the worker did not finish")
            time.sleep(0.1)
        seconds, after = time.monotonic() - began, self.cpu()
        self.stop("sluice-worker")
        return waiting, {name: (after[name] - before.get(name, 0)) * 1e6 / waiting for name in after}, waiting / seconds

    def stop(self, name):
        child = self.children.pop(name)
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def end(self):
        for name in list(reversed(self.children)):
            self.stop(name)
        shutil.rmtree(self.folder)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(bench):
    bench.start("redis", ["redis-server", "--port", "0", "--unixsocket", bench.path("r.sock"), "--save", "",
                          "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0",
                          "--dir", bench.folder], bench.options.server_core)
    bench.program("sluice-queue", "--listen", f"127.0.0.1:{bench.http}", "--admin-listen", f"127.0.0.1:{bench.admin}",
                  "--ticket-key-file", bench.path("key"), "--admin-token-file", bench.path("token"), "--loops", "1",
                  "--max-connections", "20000")
    rows = []

    def row(what, done, costs, note):
        parts = [costs.get(name, 0) for name in ("sluice-queue", "redis", "sluice-worker", "sluice-scheduler")]
        cells = [f"{part:.2f}" if part >= 0.005 else "–" for part in parts]
        rows.append(f"| {what} | {done:,} | {' | '.join(cells)} | {note} |")

    def purchases(item, connections):
        bench.put(item, 1_000_000_000)
        time.sleep(1.5)
        empty, before = bench.memory(), bench.total("tail")
        done, costs, note = bench.load(connections, item=item, least=200_000)
        time.sleep(1.5)  # by now the buffers of the append-only file are written and gone
        row(f"purchase, {connections} connections", done, costs, note)
        return (bench.memory() - empty) / (bench.total("tail") - before)

    bench.put("warm", 1_000_000_000)
    bench.load(64, item="warm")
    each = [purchases("wide", 512)]
    link = http.client.HTTPConnection("127.0.0.1", bench.http)
    link.request("POST", "/v1/items/wide/purchases", '{"user":"poller"}', {"Content-Type": "application/json"})
    ticket = link.getresponse().getheader("Location")
    row("poll of a waiting ticket, 512 connections", *bench.load(512, ticket, least=200_000))
    row("the same, a connection each", *bench.load(64, ticket, more=("-H", "Connection: close")))
    bench.put("gone", 0)
    row("refusal `sold-out`, 512 connections", *bench.load(512, item="gone", least=200_000))
    bench.program("sluice-scheduler", "--ops-listen", "127.0.0.1:0")
    done, costs, rate = bench.drain("--sink", "none")
    row("order, sink `none`", done, costs, f"{rate:,.0f}/s")
    bench.stop("sluice-scheduler")
    each.append(purchases("narrow", 64))
    bench.program("sluice-scheduler", "--ops-listen", "127.0.0.1:0")
    done, costs, rate = bench.drain("--sink", "delay", "--delay-ms", "1", "--delay-slots", "1000")
    row("order, sink `delay`, 1 ms, 1,000 slots", done, costs, f"{rate:,.0f}/s")
    return rows, each


def connection_bytes(bench, count=5_000):
    """Resident bytes of sluice-queue, and pages of the kernel, for each idle connection that was served once."""
    def resident():
        text = open(f"/proc/{bench.children['sluice-queue'].pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    request = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    before, links = resident(), []
    for _ in range(count):
        link = socket.create_connection(("127.0.0.1", bench.http))
        link.sendall(request)
        links.append(link)
    for link in links:
        assert link.recv(4096).startswith(b"HTTP/1.1 200")
    after = resident()
    for link in links:
        link.close()
    return (after - before) / count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", default=os.path.join(os.path.dirname(__file__), "..", ".build", "release"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    bench = Bench(parser.parse_args())
    try:
        rows, each = measure(bench)
        connection = connection_bytes(bench)
    finally:
        bench.end()
    model = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    version = subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout.split()[2]
    print(f"`scripts/measure-costs.py`, {datetime.date.today()}: {os.cpu_count()} vCPU {platform.machine()} "
          f"({model.group(1) if model else 'unknown'}), Linux {platform.release()}, Redis {version[2:]}\n\n"
          "| what | done | queue µs | Redis µs | worker µs | scheduler µs | |\n"
          "| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    print("\n".join(rows))
    print(f"\n| what | bytes |\n| --- | ---: |\n| purchase waiting in Redis | {min(each):.0f}–{max(each):.0f} |\n"
          f"| idle connection in sluice-queue, resident | {connection:,.0f} |")


if __name__ == "__main__":
    main()
