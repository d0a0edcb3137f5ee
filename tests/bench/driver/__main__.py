"""The driver: runs the parts that are asked for, prints what runs and what is left, and writes the results."""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import measure
import plan
import report
import targets
from machine import machine
from world import World


def arguments():
    names = ",".join(plan.PARTS)
    parts = "\n".join(f"  {name:9} {what}" for name, what in plan.PARTS.items())
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures the exporter beside what one would use instead.",
        epilog=f"parts:\n{parts}",
    )
    parser.add_argument("--quick", action="store_true", help="10,000 events at most, two rounds: a few minutes")
    parser.add_argument("--full", action="store_true", help="slow clients at larger sizes too: about an hour")
    parser.add_argument("--only", metavar="PARTS", help=f"of {names}; what was measured before is kept")
    parser.add_argument("--clients", metavar="NAMES", help=f"of {','.join(plan.PEERS)}, beside the exporter")
    parser.add_argument("--sizes", metavar="EVENTS", help="as in 10000,100000")
    parser.add_argument("--rounds", type=int, metavar="N", help="3 unless told")
    parser.add_argument("--json", action="store_true", help="prints the results as JSON instead of tables")
    parser.add_argument("--report", action="store_true", help="measures nothing: tells what was measured before")
    parser.add_argument("--readme", action="store_true", help="writes the figures into README.md, and the plots")
    asked = parser.parse_args()
    sizes = asked.sizes or ("10000" if asked.quick else "10000,100000,1000000,3000000")
    asked.sizes = sorted(int(size) for size in sizes.split(","))
    asked.rounds = asked.rounds or (2 if asked.quick else 3)
    asked.parts = [] if asked.report else asked.only.split(",") if asked.only else list(plan.PARTS)
    asked.clients = asked.clients.split(",") if asked.clients else list(plan.PEERS)
    for name in [*asked.parts, *asked.clients]:
        if name not in plan.PARTS and name not in plan.PEERS:
            parser.error(f"there is no {name}; parts are {names}, clients {','.join(plan.PEERS)}")
    return asked


def main():
    asked = arguments()
    out = pathlib.Path(os.environ["BENCH_OUT"])
    out.mkdir(parents=True, exist_ok=True)
    file = out / "results.json"
    is_kept = (asked.only or asked.report) and file.exists()
    results = json.loads(file.read_text()) if is_kept else {"parts": {}}
    if asked.parts:
        results["machine"] = machine()
        with World() as world:
            run(asked, world, results, file)
    if not results["parts"]:
        sys.exit("nothing was measured yet")
    results["targets"] = targets.judge(results["parts"])
    file.write_text(json.dumps(results, indent=1))
    print(json.dumps(results) if asked.json else report.text(results))
    if asked.readme:
        report.write(results)
    say(f"results: {file}")


def run(asked, world, results, file):
    """Measures part by part, and writes down each as soon as it is complete."""
    blocks = plan.plan(asked.sizes, asked.rounds, asked.parts, asked.clients, asked.full)
    warm_up(world, {run.what["client"] for block in blocks for run in block})
    total = sum(run.rounds for block in blocks for run in block)
    began, done = time.monotonic(), 0
    for block in blocks:
        rows = [[] for _ in block]
        for turn in range(max(run.rounds for run in block)):
            for run, records in zip(block, rows):
                if turn >= run.rounds:
                    continue
                done += 1
                say(f"[{done} of {total}, {time.monotonic() - began:.0f} s] {run.label()}, round {turn + 1}")
                records.append(measure.export(world, **run.what))
        results["parts"][block[0].part] = {
            "at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
            "commit": results["machine"]["commit"],
            "load": os.getloadavg()[0],
            "rows": [summary(records) for records in rows],
        }
        file.write_text(json.dumps(results, indent=1))


def warm_up(world, clients):
    """So that no client's first measurement pays for reading its program from the disk."""
    for client in sorted(clients):
        say(f"[warm-up] {client}")
        measure.export(world, client, 1000 if client != "bare" else 0)


def summary(records):
    """The medians of a run's rounds, and the least and the most of what varies."""
    row = dict(records[0])
    for name in ("cpu_s", "wall_s", "peak_mb", "start_ms"):
        values = [record[name] for record in records]
        row[name] = statistics.median(values)
        row[f"{name}_range"] = [min(values), max(values)]
    row["rounds"] = len(records)
    return row


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (measure.Failed, AssertionError) as failed:
        sys.exit(f"the benchmark failed: {failed}")
