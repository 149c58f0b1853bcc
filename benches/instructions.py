#!/usr/bin/env python3
"""Counts the instructions that an event takes, by kind, under callgrind.

    cargo build --release -p vakt-benches
    benches/instructions.py --rules RULES [EVENTS]

Each stage of `vakt-benches --stage` runs over the same events, and callgrind counts within it alone:
loading the rules, reading the input and warming the caches are not in the figures, nor is what the
stage `none` takes (the loop and the first byte of each record). "match" has events that are made
already; "both" begins at bytes. Counts are the same on a busy machine; they say nothing about memory.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

STAGES = ["none", "utf8", "scan", "decode", "match", "both"]
# The name of the function around a stage, without its closures.
COUNTED = "vakt_benches::stage::measured_stage"
# An input that is no JSON is left by the scan after this many instructions at most.
NO_JSON_MAX = 60


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--bench", default="target/release/vakt-benches")
    arguments.add_argument("--rules", action="append", default=[])
    arguments.add_argument("--kind", help="only kinds whose name holds this")
    arguments.add_argument("--events", type=int, default=2_500, help="a fifth of them only warms")
    arguments.add_argument("file", nargs="?", type=pathlib.Path)
    options = arguments.parse_args()
    if not shutil.which("valgrind"):
        print("skipped: no valgrind here, which counts the instructions")
        return
    if not shutil.which(options.bench) and not pathlib.Path(options.bench).exists():
        sys.exit(f"{options.bench} is missing; cargo build --release -p vakt-benches")
    print("| input | events | UTF-8 | scan | decode | match | both | decode : scan | (both - decode) : scan |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for kind, (events, counts) in count(options).items():
        print(row(kind, events, counts))


def count(options):
    """Instructions an event by stage, for each kind, less those of the stage `none`."""
    program = [options.bench, "--stage", ",".join(STAGES), "--events", str(options.events)]
    for path in options.rules:
        program += ["--rules", path]
    program += ["--kind", options.kind] if options.kind else []
    program += [str(options.file)] if options.file else []
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        valgrind = [
            "valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}",
            f"--toggle-collect={COUNTED}", f"--dump-after={COUNTED}",
        ]
        said = subprocess.run(valgrind + program, check=True, capture_output=True, text=True).stdout
        # The program says a line for each stage, and callgrind writes a numbered file for each.
        kinds = {}
        for number, line in enumerate(said.splitlines(), 1):
            kind, stage, events = line.split("\t")
            events = int(events)
            counts = kinds.setdefault(kind, (events, {}))[1]
            counts[stage] = total(out.with_name(f"out.{number}")) / events
        for _, counts in kinds.values():
            for stage in STAGES[1:]:
                counts[stage] = max(0, counts[stage] - counts["none"])
        return kinds


def total(path):
    for line in path.read_text().splitlines():
        if line.startswith(("totals:", "summary:")):
            return int(line.split()[1])
    sys.exit(f"callgrind has counted nothing in {COUNTED}")


def row(kind, events, counts):
    scan = counts["scan"] if counts["scan"] > NO_JSON_MAX else None
    cells = [kind, f"{events:,}", f"{counts['utf8']:,.0f}", f"{scan:,.0f}" if scan else "-"]
    cells += [f"{counts[stage]:,.0f}" for stage in ("decode", "match", "both")]
    for cost in (counts["decode"], counts["both"] - counts["decode"]):
        cells.append(f"{cost / scan:.1f}" if scan else "-")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
