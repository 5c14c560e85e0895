"""What a run leaves: the table, a JSON file and its page, and the comparison with the newest committed one."""

import datetime
import json
import os
import platform
import re
import subprocess

from rig import PLACE
from servers import BINARIES, ROOT

RESULTS = ROOT / "LoadTests/results"
ALLOWED = 0.15  # a ratio may be so much worse than the committed one


def said(*command):
    """The first line that a program prints, an empty text when it isn't there."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return ""
    lines = (result.stdout + result.stderr).strip().splitlines()
    return lines[0].strip() if lines else ""


def machine():
    """What the figures were taken on."""
    info = open("/proc/cpuinfo").read()
    model = re.search(r"^model name\s*: (.*)$", info, re.M)
    memory = int(re.search(r"MemTotal: *(\d+)", open("/proc/meminfo").read()).group(1)) // 1024
    release = re.search(r'^PRETTY_NAME="(.*)"$', open("/etc/os-release").read(), re.M)
    return {
        "cpu": model.group(1) if model else platform.machine(), "cores": os.cpu_count(), "memory_mb": memory,
        "system": release.group(1) if release else "", "kernel": platform.release(),
        "file_system": said("stat", "-f", "-c", "%T", PLACE),
        "redis": said("redis-server", "--version").split(" sha")[0], "nginx": said("nginx", "-v"),
        "wrk": said("wrk", "-v").split(" [")[0], "sluice": said(str(BINARIES / "sluice-queue"), "--version"),
    }


def commit():
    changed = said("git", "status", "--porcelain", "--untracked-files=no")
    return said("git", "rev-parse", "HEAD") + (" and changes" if changed else "")


def heading(command):
    """When, with what and on what a run was made; to be taken when it begins."""
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"date": date, "commit": commit(), "command": command, "machine": machine()}


def record(heading, options, lines, voids, seconds):
    """All that a run has found."""
    return {
        **heading, "rounds": options.rounds, "seconds_a_round": options.seconds,
        "took_seconds": round(seconds), "void": voids,
        "lines": [{
            "name": line.name, "title": line.title, "unit": line.unit, "value": round(line.value, 4),
            "rounds": [round(value, 4) for value in line.rounds], "more_is_better": line.more_is_better,
            "is_compared": line.is_compared, "note": line.note, "detail": line.detail} for line in lines]}


def number(value, unit):
    return f"{value:.2f}" if unit in ("ratio", "us", "ms", "%") else f"{value:,.0f}"


def text(line):
    """One line for the terminal."""
    value = number(line.value, line.unit) + ("" if line.unit in ("ratio", "") else f" {line.unit}")
    least, most = (number(pick(line.rounds), line.unit) for pick in (min, max))
    spread = f" ({least}-{most})" if len(line.rounds) > 1 else ""
    note = f"  [{line.note}]" if line.note else ""
    return f"{line.name:20} {value + spread:>22}  {line.title}{note}"


def page(result):
    """The same as Markdown."""
    about = result["machine"]
    rows = ["| line | what | median | least to most | note |", "| --- | --- | --- | --- | --- |"]
    for line in result["lines"]:
        unit = "" if line["unit"] in ("ratio", "") else " " + line["unit"]
        least, most = (number(pick(line["rounds"]), line["unit"]) for pick in (min, max))
        rows.append(f"| `{line['name']}` | {line['title']} | {number(line['value'], line['unit'])}{unit} | "
                    f"{least} to {most} | {line['note']} |")
    rows += [f"| `{name}` | | – | | {' '.join(reason.split())} |" for name, reason in result["void"].items()]
    facts = ", ".join(f"{value}" if key not in ("cores", "memory_mb") else f"{value} {key.replace('memory_mb', 'MB')}"
                      for key, value in about.items() if value)
    return (f"# {result['date'][:10]}, {about['cpu']}\n\n`{result['command']}` at commit `{result['commit'][:12]}`, "
            f"{result['rounds']} rounds of {result['seconds_a_round']} s, {result['took_seconds']} s in all.\n\n"
            f"{facts}\n\n" + "\n".join(rows) + "\n")


def save(result):
    """Writes the JSON file and its page; the path of the page."""
    name = re.sub(r"[^a-z0-9]+", "-", result["machine"]["cpu"].lower()).strip("-")
    path = RESULTS / f"{result['date'][:10]}-{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    path.with_suffix(".md").write_text(page(result))
    return path.with_suffix(".md").relative_to(ROOT)


def committed():
    """The newest result that is committed, as it was committed, and its name; None when there is none."""
    listed = subprocess.run(["git", "ls-tree", "--name-only", "HEAD", "LoadTests/results/"],
                            capture_output=True, text=True, cwd=ROOT).stdout.split()
    names = sorted(name for name in listed if re.search(r"/\d{4}-\d\d-\d\d-[^/]*\.json$", name))
    if not names:
        return None, None
    shown = subprocess.run(["git", "show", f"HEAD:{names[-1]}"], capture_output=True, text=True, cwd=ROOT)
    return json.loads(shown.stdout), names[-1]


def regressions(lines, baseline):
    """A sentence for each line that is more than `ALLOWED` worse than in the baseline."""
    before = {line["name"]: line["value"] for line in baseline["lines"] if line["is_compared"]}
    found = []
    for line in lines:
        if not line.is_compared or not before.get(line.name):
            continue
        change = line.value / before[line.name] - 1
        if (-change if line.more_is_better else change) > ALLOWED:
            found.append(f"{line.name} was {before[line.name]:.2f} and is {line.value:.2f}, {abs(change):.0%} worse")
    return found
