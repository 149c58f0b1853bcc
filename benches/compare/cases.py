#!/usr/bin/env python3
"""Asks rsigma for a second opinion on the cases of `tests/sigma`.

    cargo install rsigma --version 0.23.0 --locked
    benches/compare/cases.py --rsigma rsigma [FILE.cases ...]

For each case, what rsigma does with the rule and the events is compared with what the case expects
(`tests/sigma/README.md` has the format; `cargo test -p vakt-detect --test conformance` holds Vakt to
it). A case in which rsigma differs says why in a line `rsigma …`. Prints the differences, and exits
with 1 where one has no such line, or a line has no difference any more.

Log sources are compared by nobody here: rsigma asks for none unless told to. A rule of a correlation
gets an id where it has none, since rsigma finds no rule by its name alone. Of correlations only their
own firings are compared.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import uuid

CASES = pathlib.Path(__file__).resolve().parents[2] / "tests" / "sigma"
NUMBER = "compare_event_number"
WORDS = {"yes", "no", "fires", "refused", "error", "with", "rsigma"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--rsigma", default="rsigma")
    arguments.add_argument("--all", action="store_true", help="show the explained differences too")
    arguments.add_argument("files", nargs="*", type=pathlib.Path)
    options = arguments.parse_args()
    counts = {"same": 0, "explained": 0, "findings": 0, "stale": 0}
    for path in options.files or sorted(CASES.glob("*.cases")):
        for case in read(path):
            difference = compare(options.rsigma, case)
            kind = {
                (False, False): "same",
                (True, True): "explained",
                (True, False): "findings",
                (False, True): "stale",
            }[bool(difference), bool(case["why"])]
            counts[kind] += 1
            if kind in ("findings", "stale") or (options.all and kind == "explained"):
                print(f"{path.name}: {case['name']}: {kind}: {case['why']}")
                print("".join(f"    {line}\n" for line in difference), end="")
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    sys.exit(1 if counts["findings"] or counts["stale"] else 0)


def read(path):
    for block in path.read_text(encoding="utf-8").split("\n-- ")[1:]:
        name, *lines = block.split("\n")
        case = {"name": name, "rule": [], "events": [], "with": {}, "refused": "", "why": ""}
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "==":
                break
            if word not in WORDS:
                case["rule"].append(line)
            elif word == "yes":
                case["events"].append(("*", rest))
            elif word == "no":
                case["events"].append(("", rest))
            elif word == "fires":
                case["events"].append(tuple(rest.split(" ", 1)))
            elif word == "with":
                placeholder, values = rest.split(" = ")
                case["with"][placeholder] = values.split(" | ")
            elif word == "refused":
                case["refused"] = rest
            elif word == "rsigma":
                case["why"] = rest
        yield case


def rule_of(lines):
    while lines and not lines[-1].strip():
        lines.pop()
    if any(line.startswith("title:") for line in lines):
        documents = "\n".join(lines).split("\n---\n")
        return "\n---\n".join(with_id(document) for document in documents)
    head = "title: rule\nlogsource:\n    product: test\ndetection:\n"
    indent = "    "
    if not any(line.startswith("condition:") for line in lines):
        head += "    condition: selection\n    selection:\n"
        indent = "        "
    return head + "".join(f"{indent}{line}\n" for line in lines)


def with_id(document):
    if re.search(r"^(id|action|filter):", document, re.M):
        return document
    return f"id: {uuid.uuid5(uuid.NAMESPACE_OID, document)}\n{document}"


def compare(program, case):
    """Lines that say what differs."""
    rule = rule_of(case["rule"])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "rules.yml").write_text(rule, encoding="utf-8")
        command = [program, "--output-format", "ndjson", "--no-stats", "engine", "eval"]
        command += ["--rules", "rules.yml", "--include-event", "--input-format", "json"]
        command += ["--event", "@events.ndjson"]
        if case["with"]:
            pipeline = {
                "name": "values",
                "vars": case["with"],
                "transformations": [{"id": "values", "type": "value_placeholders"}],
            }
            (folder / "pipeline.yml").write_text(json.dumps(pipeline), encoding="utf-8")
            command += ["--pipeline", "pipeline.yml"]
        if case["refused"]:
            fired, errors = run(command, folder, [])
            return [] if errors else ["rsigma loads it"]
        events = [event for _, event in case["events"]]
        correlated = re.search(r"^correlation:", rule, re.M)
        if correlated:
            titles, errors = correlations(command, folder, events)
        else:
            lines, errors = run(command, folder, events)
            titles = [set() for _ in events]
            for line in lines:
                titles[line["event"][NUMBER]].add(line["rule_title"])
        if errors:
            return [f"rsigma: {errors}"]
        difference = []
        own = set(re.findall(r"^title: (\w+)\n(?:\w+: .*\n)*correlation:", rule, re.M))
        for (expected, event), got in zip(case["events"], titles):
            wanted = set(filter(None, expected.split(",")))
            if correlated:
                wanted &= own
            right = len(got) == 1 if expected == "*" else got == wanted
            if not right:
                difference.append(f"{event}: expected {expected or 'none'}, rsigma {sorted(got)}")
        return difference


def correlations(command, folder, events):
    """The titles of the correlations that fire with each event: what one event more brings."""
    before = {}
    titles = []
    for count in range(1, len(events) + 1):
        lines, errors = run(command, folder, events[:count])
        if errors:
            return titles, errors
        now = {}
        for line in lines:
            if "correlation_type" in line:
                now[line["rule_title"]] = now.get(line["rule_title"], 0) + 1
        titles.append({title for title, times in now.items() if times > before.get(title, 0)})
        before = now
    return titles, ""


def run(command, folder, events):
    numbered = "".join(
        f'{{"{NUMBER}":{number},{event[1:]}\n' if event != "{}" else f'{{"{NUMBER}":{number}}}\n'
        for number, event in enumerate(events)
    )
    (folder / "events.ndjson").write_text(numbered, encoding="utf-8")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if not line.startswith("Loaded ")]
    nothing = "Loaded 0 " in done.stderr and "+ " not in done.stderr
    errors = "; ".join(said) if done.returncode not in (0, 1) or said or nothing else ""
    lines = [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{")]
    return lines, errors or ("nothing loaded" if nothing else "")


if __name__ == "__main__":
    main()
