#!/usr/bin/env python3
"""Compares the CPU time of `vakt scan` and `rsigma engine eval` on the same rules and events.

    cargo install rsigma --version 0.23.0 --locked
    benches/compare/speed.py --vakt target/release/vakt --rules RULES EVENTS.ndjson

Runs both in alternation, each on one core (`taskset -c`), and takes the median. What a run on an
empty input costs (loading the rules) is measured the same way and subtracted. Times are user and
system CPU seconds of the process; the result is their ratio. Three inputs: the events as they are;
the same with `product`, `category`, `service` added (rsigma routes by them, Vakt is told to with
`--logsource-fields`); and only the process creations among them (Sysmon 1, Security 4688), repeated to some ten thousand,
each copy with a command line of its own, so that no cache answers for the longest value.
"""

import argparse
import json
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

# What rsigma needs to be told of an event before it can route; Vakt sees it by itself.
SYSMON = {
    1: "process_creation", 2: "file_change", 3: "network_connection", 5: "process_termination",
    6: "driver_load", 7: "image_load", 8: "create_remote_thread", 9: "raw_access_thread",
    10: "process_access", 11: "file_event", 12: "registry_event", 13: "registry_set",
    14: "registry_rename", 15: "create_stream_hash", 17: "pipe_created", 18: "pipe_created",
    19: "wmi_event", 20: "wmi_event", 21: "wmi_event", 22: "dns_query", 23: "file_delete",
    25: "process_tampering", 26: "file_delete",
}
# So many that what loading the rules takes, and is subtracted, moves the ratio little.
CREATIONS = 60_000
COMMAND_LINE = re.compile(r'("CommandLine":\s*"(?:[^"\\]|\\.)*)"')
SERVICES = {
    "security": "security", "system": "system", "application": "application",
    "windows powershell": "powershell-classic",
    "microsoft-windows-powershell/operational": "powershell",
    "microsoft-windows-sysmon/operational": "sysmon",
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--vakt", default="target/release/vakt")
    arguments.add_argument("--rsigma", default="rsigma")
    arguments.add_argument("--rules", required=True)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--core", default="0")
    arguments.add_argument("events", type=pathlib.Path)
    options = arguments.parse_args()
    events = options.events.read_text(encoding="utf-8").splitlines()
    print("| input | events | vakt, events/CPU s | rsigma, events/CPU s | ratio |")
    print("|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "empty").write_text("")
        for name, lines, routed in inputs(events):
            path = folder / "events.ndjson"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            ours, theirs = [], []
            for _ in range(options.rounds):
                ours.append(net(lambda file: vakt(options, file, routed), path, folder))
                theirs.append(net(lambda file: rsigma(options, file, routed), path, folder))
            ours, theirs = statistics.median(ours), statistics.median(theirs)
            print(
                f"| {name} | {len(lines)} | {len(lines) / ours:,.0f} |"
                f" {len(lines) / theirs:,.0f} | {theirs / ours:.1f} |",
                flush=True,
            )


def inputs(events):
    yield "as they are", events, False
    yield "log source declared", [declared(line) for line in events], True
    creations = [line for line in events if is_process_creation(line)]
    yield "process creation only", list(repeated(creations, CREATIONS)), False


def repeated(lines, wanted):
    for number in range(wanted if lines else 0):
        yield COMMAND_LINE.sub(rf'\g<1> {number}"', lines[number % len(lines)], count=1)


def channel_and_id(line):
    event = json.loads(line)
    try:
        return str(event.get("Channel", "")).lower(), int(event.get("EventID", 0))
    except ValueError:
        return "", 0


def is_process_creation(line):
    channel, number = channel_and_id(line)
    return (channel, number) == ("security", 4688) or ("sysmon" in channel and number == 1)


def declared(line):
    channel, number = channel_and_id(line)
    parts = {"product": "windows"}
    if channel in SERVICES:
        parts["service"] = SERVICES[channel]
    if "sysmon" in channel and number in SYSMON:
        parts["category"] = SYSMON[number]
    elif (channel, number) == ("security", 4688):
        parts["category"] = "process_creation"
    return json.dumps(parts, separators=(",", ":"))[:-1] + "," + line[1:]


def net(run, events, folder):
    """CPU seconds of a run, less those of one without events."""
    empty = statistics.median(run(folder / "empty") for _ in range(3))
    return max(run(events) - empty, 1e-3)


def vakt(options, file, routed):
    command = [options.vakt, "scan", "--threads", "1", "--output", "ndjson", "--format", "json"]
    command += ["--logsource-fields"] if routed else []
    return cpu_seconds(options, [*command, "--rules", options.rules, str(file)])


def rsigma(options, file, routed):
    command = [options.rsigma, "--output-format", "ndjson", "--no-stats", "engine", "eval"]
    command += ["--logsource-routing"] if routed else []
    command += ["--rules", options.rules, "--input-format", "json", "--event", f"@{file}"]
    return cpu_seconds(options, command)


def cpu_seconds(options, command):
    program = str(pathlib.Path(shutil.which(command[0]) or command[0]).resolve())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["taskset", "-c", options.core, program, *command[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]}: {done.stderr.decode()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
