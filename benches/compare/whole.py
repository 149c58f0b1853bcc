#!/usr/bin/env python3
"""What the whole daemon costs: intake over HTTP, journal, decoding, matching, index.

    target/release/search-load --events 1000000 --write EVENTS.ndjson
    benches/compare/whole.py --vakt target/release/vakt [--rules RULES] EVENTS.ndjson

Posts the events in bodies of 4 MB, one after the other, and reads the CPU time of the daemon (user and system, all threads)
from /proc: when everything is durable, matched and found, and when it rests, which is when the inverted indexes
are built. Beside it, in the same run, `zstd -3` of the same bytes on one thread, since machines differ.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request

BODY_BYTES = 4_000_000
# As long without work means that nothing is left to do.
REST_SECONDS = 5


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def metric(url, name):
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
    sys.exit(f"there is no metric {name}")


def bodies(path):
    with open(path, "rb") as file:
        while lines := file.readlines(BODY_BYTES):
            yield b"".join(lines)


def start(vakt, rules, data):
    command = [vakt, "serve", "--data-dir", data, "--http", "127.0.0.1:0",
               "--syslog-udp", "127.0.0.1:0", "--syslog-tcp", "127.0.0.1:0"]
    command += [part for path in rules for part in ("--rules", path)]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    url = None
    for line in daemon.stdout:
        words = line.split()
        if words[:1] == ["http"]:
            url = words[1]
        if line.strip() == "ready":
            return daemon, url
    sys.exit("the daemon did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vakt", default="target/release/vakt")
    parser.add_argument("--rules", action="append", default=[])
    parser.add_argument("events")
    options = parser.parse_args()
    megabytes = os.path.getsize(options.events) / 1e6

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["zstd", "-3", "-q", "-c", "--single-thread", options.events], check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    floor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    with tempfile.TemporaryDirectory() as data:
        daemon, url = start(options.vakt, options.rules, data)
        idle = cpu_seconds(daemon.pid)
        began = time.monotonic()
        for body in bodies(options.events):
            request = urllib.request.Request(f"{url}/api/v1/events", data=body, method="POST")
            urllib.request.urlopen(request).read()
        taken = time.monotonic() - began
        end = metric(url, "vakt_journal_end_position")
        consumers = ["vakt_detect_applied_position", 'vakt_consumer_lag_events{consumer="index"}']
        while metric(url, consumers[0]) < end or metric(url, consumers[1]) > 0:
            time.sleep(0.2)
        seconds = time.monotonic() - began
        found = cpu_seconds(daemon.pid) - idle
        last, since = found, time.monotonic()
        while time.monotonic() - since < REST_SECONDS:
            time.sleep(0.5)
            now = cpu_seconds(daemon.pid) - idle
            if now - last > 0.05:
                last, since = now, time.monotonic()
        size = sum(path.stat().st_blocks * 512 for path in pathlib.Path(data).rglob("*")
                   if path.is_file())
        daemon.terminate()
        daemon.wait()

    print(f"{int(end)} events, {megabytes:.1f} MB; taken in {taken:.1f} s, found and matched in {seconds:.1f} s")
    for what, cpu in [("zstd -3", floor), ("journal, matching, found by search", found),
                      ("the same with inverted indexes", last)]:
        print(f"{what:36} {cpu:7.1f} CPU s {megabytes / cpu:6.1f} MB a CPU second  {floor / cpu:5.2f} of zstd")
    print(f"on the disk, journal and index: {size / 1e6 / megabytes:.2f} of raw")


main()
