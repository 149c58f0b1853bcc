#!/usr/bin/env python3
"""Compares which rule matches which event: `vakt scan` against `rsigma engine eval`.

    cargo install rsigma --version 0.23.0 --locked
    benches/compare/matches.py --vakt target/release/vakt --rules SIGMA/rules EVENTS.ndjson

The log source of every rule is replaced by one that every event shows, so that all
rules meet all events: what is compared is the meaning of detections, not the routing. Prints how
many (rule, event) pairs each program found, and by rule those that one alone found. Exits with 1
where there are any.
"""

import argparse
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

NUMBER = "compare_event_number"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--vakt", default="target/release/vakt")
    arguments.add_argument("--rsigma", default="rsigma")
    arguments.add_argument("--rules", required=True, type=pathlib.Path)
    arguments.add_argument("--limit", type=int, help="only so many events")
    arguments.add_argument("--aliases", type=pathlib.Path, help="our table of names, as source")
    arguments.add_argument("--show", type=int, default=2, help="events shown of a difference")
    arguments.add_argument("events", type=pathlib.Path)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        titles = copy_rules(options.rules, folder / "rules")
        events = number_events(options.events, options.limit, folder / "events.ndjson")
        ours = vakt(options.vakt, folder)
        theirs = rsigma(options.rsigma, folder)
        if options.aliases:
            named = under_all_names(ours - theirs, events, options.aliases, options.rsigma, folder)
    # A rule that one of the two refuses cannot be compared.
    print(f"{len(events)} events, {len(titles)} rules")
    print(f"vakt {len(ours)} pairs, rsigma {len(theirs)} pairs, both {len(ours & theirs)}")
    report("vakt alone", ours - theirs, titles, events, options.show)
    report("rsigma alone", theirs - ours, titles, events, options.show)
    if options.aliases:
        unexplained = ours - theirs - named
        report("vakt alone, under all names too", unexplained, titles, events, options.show)
    sys.exit(1 if ours != theirs else 0)


def copy_rules(source, target):
    """Copies the rules with `logsource: {product: windows}`; titles by id."""
    titles = {}
    target.mkdir()
    for path in sorted(source.rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^status:\s*(deprecated|unsupported)", text, re.M) or "|expand" in text:
            continue
        text = re.sub(
            r"^logsource:\n((?: +.*\n)+)", "logsource:\n    product: windows\n", text, flags=re.M
        )
        rule = re.search(r"^id:\s*(\S+)", text, re.M)
        if rule:
            titles[rule[1]] = str(path.relative_to(source))
        (target / f"{len(titles)}.yml").write_text(text, encoding="utf-8")
    return titles


def number_events(source, limit, target):
    events = []
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for line in lines:
            if limit and len(events) >= limit:
                break
            line = line.strip()
            # Beside the event's own text, which must stay as it is.
            out.write(f'{{"{NUMBER}":{len(events)},{line[1:]}\n')
            events.append(line)
    return events


def vakt(program, folder):
    command = [program, "scan", "--rules", "rules", "--output", "ndjson", "--format", "json"]
    command += ["--logsource", "product=windows", "events.ndjson"]
    pairs = set()
    for line in lines_of(command, folder):
        # Events count from 1.
        pairs.add((line["rule"]["id"], line["event"]["number"] - 1))
    return pairs


def rsigma(program, folder):
    command = [program, "--output-format", "ndjson", "--no-stats", "engine", "eval"]
    command += ["--rules", "rules", "--include-event", "--input-format", "json"]
    command += ["--event", "@events.ndjson"]
    pairs = set()
    for line in lines_of(command, folder):
        pairs.add((line["rule_id"], line["event"][NUMBER]))
    return pairs


def under_all_names(pairs, events, aliases, program, folder):
    """What rsigma finds in the events of `pairs` when each value stands under all its names."""
    table = aliases.read_text(encoding="utf-8").split("static CANONICAL")[0]
    canonical = dict(re.findall(r'\(\s*"([^"]+)",\s*"([^"]+)",?\s*\)', table))
    synonyms = collections.defaultdict(set)
    for alias, name in canonical.items():
        synonyms[name] |= {alias, name}
    with (folder / "events.ndjson").open("w", encoding="utf-8") as out:
        for number in sorted({number for _, number in pairs}):
            event = json.loads(events[number])
            for name, value in list(event.items()):
                for synonym in synonyms.get(canonical.get(name, name), ()):
                    event.setdefault(synonym, value)
            event[NUMBER] = number
            out.write(json.dumps(event) + "\n")
    return rsigma(program, folder)


def lines_of(command, folder):
    program = str(pathlib.Path(shutil.which(command[0]) or command[0]).resolve())
    with (folder / "errors").open("w") as errors:
        done = subprocess.run(
            [program, *command[1:]], cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]}: {(folder / 'errors').read_text()}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def report(name, pairs, titles, events, show):
    by_rule = collections.defaultdict(list)
    for rule, event in sorted(pairs):
        by_rule[rule].append(event)
    print(f"\n{name}: {len(pairs)} pairs of {len(by_rule)} rules")
    for rule, numbers in sorted(by_rule.items(), key=lambda item: -len(item[1])):
        print(f"  {len(numbers):6} {rule} {titles.get(rule, '?')}")
        for number in numbers[:show]:
            print(f"           event {number + 1}: {events[number][:300]}")


if __name__ == "__main__":
    main()
