#!/usr/bin/env python3
"""Measures what each part costs and prints the tables of docs/capacity-planning.md.

scripts/measure-costs.py [--bin .build/release] [--seconds 2] [--server-core 0] [--load-core 1]

Needs wrk and redis-server. Everything runs on loopback, in a temporary folder, and is ended at the end. The programs
and Redis share one core, the load has the other; a cost is processor time (user + system) over what was done, so it
holds when the cores are not fully used, too. What else runs on the machine makes every figure larger."""
import argparse, datetime, http.client, os, platform, re, resource, shutil, socket, statistics
import subprocess, sys, tempfile, time

POST = """local n, base = 0, string.format("%06d", BASE)
function request()
  n = n + 1
  local body = '{"user":"' .. base .. string.format("%010d", n) .. '","quantity":1}'
  return "POST /v1/items/ITEM/purchases HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Type: application/json\\r\\n" ..
    "Content-Length: " .. #body .. "\\r\\n\\r\\n" .. body
end
"""
TOKEN = "t" * 40


class Bench:
    def __init__(self, options):
        self.options, self.children, self.items, self.runs = options, {}, [], 0
        self.folder = tempfile.mkdtemp(prefix="sluice-costs-")
        self.socket = self.path("r.sock")
        for name, text in (("key", "%064x" % 1), ("token", TOKEN)):
            with open(os.open(self.path(name), os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, command, ready=False):
        log = open(self.path(name + ".err"), "wb")
        command = ["taskset", "-c", str(self.options.server_core), *command]
        output = subprocess.PIPE if ready else log
        child = self.children[name] = subprocess.Popen(command, stdout=output, stderr=log)
        line = child.stdout.readline().decode() if ready else ""
        if ready and not line.startswith("ready"):
            sys.exit(f"measure: {name} did not start: " + open(log.name).read()[-500:])
        return line

    def program(self, name, *flags):
        """Starts one of ours and waits for its ready line; it waits for Redis by itself."""
        command = [os.path.join(self.options.bin, name), "--redis-url", "unix://" + self.socket, *flags]
        return self.start(name, command, ready=True)

    def queue(self):
        flags = "--listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --loops 1 --max-connections 20000".split()
        line = self.program("sluice-queue", *flags, "--ticket-key-file", self.path("key"),
                            "--admin-token-file", self.path("token"))
        self.http, self.admin = re.findall(r"http://(\S+)", line)

    def redis(self, *words):
        return subprocess.run(["redis-cli", "-s", self.socket, *words], capture_output=True, text=True).stdout

    def cpu(self):
        """Seconds of processor time of each child so far."""
        stats = {name: open(f"/proc/{child.pid}/stat").read() for name, child in self.children.items()}
        times = {name: text.rsplit(")", 1)[1].split()[11:13] for name, text in stats.items()}
        return {name: (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") for name, (user, system) in times.items()}

    def put(self, item, stock):
        link = http.client.HTTPConnection(self.admin)
        fields = {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"}
        link.request("PUT", f"/admin/v1/items/{item}", '{"stock":%d,"queue_limit":100000000}' % stock, fields)
        if link.getresponse().status != 201:
            sys.exit("measure: the item was not made")
        self.items.append(item)

    def load(self, connections, path="", item=None, more=(), least=200_000):
        """Runs wrk, three times or until `least` requests are done: requests, µs of each process (medians), p99."""
        arguments = ["taskset", "-c", str(self.options.load_core), "wrk", "-t1", f"-c{connections}", "--latency",
                     f"-d{self.options.seconds}s", "-s", self.path("post.lua"), *more, f"http://{self.http}{path}"]
        slices, total = [], 0
        while total < least or len(slices) < 3:
            self.runs += 1
            with open(self.path("post.lua"), "w") as file:
                file.write(POST.replace("ITEM", item).replace("BASE", str(self.runs)) if item else "")
            before = self.cpu()
            out = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
            after, done = self.cpu(), int(re.search(r"(\d+) requests in", out).group(1))
            slices.append({name: (after[name] - before[name]) * 1e6 / done for name in after})
            total += done
        costs = {name: statistics.median(each[name] for each in slices) for name in slices[0]}
        size, unit = re.search(r"in \S+, ([\d.]+)(KB|MB|GB) read", out).groups()
        answer = float(size) * 1024 ** (" KMG".index(unit[0])) / done
        return total, costs, "p99 " + re.search(r"99%\s+(\S+)", out).group(1) + f", {answer:.0f} B an answer"

    def total(self, field):
        return sum(int(self.redis("HGET", f"sluice:{{{item}}}:meta", field)) for item in self.items)

    def drain(self, *flags):
        """Runs a worker until nobody waits; returns purchases, microseconds of each process, purchases a second."""
        waiting = self.total("tail") - self.total("head")
        before, began = self.cpu(), time.monotonic()
        self.program("sluice-worker", "--ops-listen", "127.0.0.1:0", *flags)
        while self.total("sold") < self.total("tail") and time.monotonic() - began < 120:
            time.sleep(0.1)
        rate, after = waiting / (time.monotonic() - began), self.cpu()
        self.stop("sluice-worker")
        return waiting, {name: (after[name] - before.get(name, 0)) * 1e6 / waiting for name in after}, f"{rate:,.0f}/s"

    def stop(self, name):
        child = self.children.pop(name)
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()

    def end(self):
        for name in reversed(list(self.children)):
            self.stop(name)
        shutil.rmtree(self.folder)


def measure(bench):
    bench.start("redis", "redis-server --port 0 --appendonly yes --appendfsync everysec".split() + [
        "--auto-aof-rewrite-percentage", "0", "--save", "", "--dir", bench.folder, "--unixsocket", bench.socket])
    bench.queue()
    rows, scheduler = [], ("sluice-scheduler", "--ops-listen", "127.0.0.1:0")

    def row(what, done, costs, note):
        parts = [costs.get(name, 0) for name in ("sluice-queue", "redis", "sluice-worker", "sluice-scheduler")]
        cells = [f"{part:.2f}" if part >= 0.005 else "–" for part in parts]
        rows.append(f"| {what} | {done:,} | {' | '.join(cells)} | {note} |")

    def used_memory():
        return int(re.search(r"used_memory:(\d+)", bench.redis("INFO", "memory")).group(1))

    def purchases(item, connections):
        bench.put(item, 1_000_000_000)
        time.sleep(1.5)
        empty, before = used_memory(), bench.total("tail")
        done, costs, note = bench.load(connections, item=item)
        time.sleep(1.5)  # by now the buffers of the append-only file are written and gone
        row(f"purchase, {connections} connections", done, costs, note)
        return (used_memory() - empty) / (bench.total("tail") - before)

    bench.put("warm", 1_000_000_000)
    bench.load(64, item="warm")
    each, link = [purchases("wide", 512)], http.client.HTTPConnection(bench.http)
    link.request("POST", "/v1/items/wide/purchases", '{"user":"poller"}', {"Content-Type": "application/json"})
    ticket = link.getresponse().getheader("Location")
    row("poll of a waiting ticket, 512 connections", *bench.load(512, ticket))
    row("the same, a connection each", *bench.load(64, ticket, more=("-H", "Connection: close"), least=0))
    bench.put("gone", 0)
    row("refusal `sold-out`, 512 connections", *bench.load(512, item="gone"))
    bench.program(*scheduler)
    row("order, sink `none`", *bench.drain("--sink", "none"))
    bench.stop("sluice-scheduler")
    each.append(purchases("narrow", 64))
    bench.program(*scheduler)
    row("order, sink `delay`, 1 ms, 1,000 slots", *bench.drain(*"--sink delay --delay-ms 1 --delay-slots 1000".split()))
    return rows, each


def connection_bytes(bench, count=5_000):
    """Resident bytes of a fresh sluice-queue for each idle connection that has been served once."""
    bench.stop("sluice-queue")
    bench.queue()

    def resident():
        text = open(f"/proc/{bench.children['sluice-queue'].pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before, port = resident(), int(bench.http.split(":")[1])
    links = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    for link in links:
        link.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    if not all(link.recv(4096).startswith(b"HTTP/1.1 200") for link in links):
        sys.exit("measure: a connection was not served")
    return (resident() - before) / count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", default=os.path.join(os.path.dirname(__file__), "../.build/release"))
    for name, default in (("--seconds", 2), ("--server-core", 0), ("--load-core", 1)):
        parser.add_argument(name, type=int, default=default)
    bench = Bench(parser.parse_args())
    try:
        rows, each = measure(bench)
        connection = connection_bytes(bench)
    finally:
        bench.end()
    print(f"`scripts/measure-costs.py`, {datetime.date.today()}: {os.cpu_count()} vCPU {platform.machine()}, "
          f"Linux {platform.release()}\n\n| what | done | queue µs | Redis µs | worker µs | scheduler µs | |\n"
          "| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    print("\n".join(rows))
    print(f"\n| what | bytes |\n| --- | ---: |\n| purchase waiting in Redis | {min(each):.0f}–{max(each):.0f} |\n"
          f"| idle connection in sluice-queue, resident | {connection:,.0f} |")

main()
