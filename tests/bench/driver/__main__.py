"""The driver: runs the selected parts, prints the progress, and writes the results."""

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
        description="Compares the exporter with alternatives.",
        epilog=f"parts:\n{parts}",
    )
    parser.add_argument("--quick", action="store_true", help="10,000 events at most, two rounds: a few minutes")
    parser.add_argument("--full", action="store_true", help="slow clients at larger sizes too: about an hour")
    parser.add_argument("--only", metavar="PARTS", help=f"of {names}; earlier results are kept")
    parser.add_argument("--clients", metavar="NAMES", help=f"of {','.join(plan.PEERS)}, besides the exporter")
    parser.add_argument("--sizes", metavar="EVENTS", help="as in 10000,100000")
    parser.add_argument("--rounds", type=int, metavar="N", help="default: 3, or 2 with --quick")
    parser.add_argument("--json", action="store_true", help="prints the results as JSON instead of tables")
    parser.add_argument("--report", action="store_true", help="measures nothing; prints earlier results")
    parser.add_argument("--readme", action="store_true", help="writes the figures into README.md, and the plots")
    options = parser.parse_args()
    sizes = options.sizes or ("10000" if options.quick else "10000,100000,1000000,3000000")
    options.sizes = sorted(int(size) for size in sizes.split(","))
    options.rounds = options.rounds or (2 if options.quick else 3)
    options.parts = [] if options.report else options.only.split(",") if options.only else list(plan.PARTS)
    options.clients = options.clients.split(",") if options.clients else list(plan.PEERS)
    for name in [*options.parts, *options.clients]:
        if name not in plan.PARTS and name not in plan.PEERS:
            parser.error(f"unknown part or client {name}; parts are {names}, clients {','.join(plan.PEERS)}")
    return options


def main():
    options = arguments()
    out = pathlib.Path(os.environ["BENCH_OUT"])
    out.mkdir(parents=True, exist_ok=True)
    file = out / "results.json"
    is_kept = (options.only or options.report) and file.exists()
    results = json.loads(file.read_text()) if is_kept else {"parts": {}}
    if options.parts:
        results["machine"] = machine()
        with World() as world:
            run(options, world, results, file)
    if not results["parts"]:
        sys.exit("nothing was measured yet")
    results["targets"] = targets.judge(results["parts"])
    file.write_text(json.dumps(results, indent=1))
    print(json.dumps(results) if options.json else report.text(results))
    if options.readme:
        report.write(results)
    log(f"results: {file}")


def run(options, world, results, file):
    """Measures part by part, and saves each as soon as it is complete."""
    blocks = plan.plan(options.sizes, options.rounds, options.parts, options.clients, options.full)
    warm_up(world, {run.what["client"] for block in blocks for run in block})
    total = sum(run.rounds for block in blocks for run in block)
    started, done = time.monotonic(), 0
    for block in blocks:
        rows = [[] for _ in block]
        for turn in range(max(run.rounds for run in block)):
            for run, records in zip(block, rows):
                if turn >= run.rounds:
                    continue
                done += 1
                log(f"[{done} of {total}, {time.monotonic() - started:.0f} s] {run.label()}, round {turn + 1}")
                records.append(measure.export(world, **run.what))
        results["parts"][block[0].part] = {
            "at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
            "commit": results["machine"]["commit"],
            "load": os.getloadavg()[0],
            "rows": [summary(records) for records in rows],
        }
        file.write_text(json.dumps(results, indent=1))


def warm_up(world, clients):
    """Loads each client's program from the disk, so that its first measurement does not include that."""
    for client in sorted(clients):
        log(f"[warm-up] {client}")
        measure.export(world, client, 1000 if client != "bare" else 0)


def summary(records):
    """The medians of a run's rounds, with the minimum and maximum of each measured value."""
    row = dict(records[0])
    for name in ("cpu_s", "wall_s", "peak_mb", "start_ms"):
        values = [record[name] for record in records]
        row[name] = statistics.median(values)
        row[f"{name}_range"] = [min(values), max(values)]
    row["rounds"] = len(records)
    return row


def log(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (measure.Failed, AssertionError) as failed:
        sys.exit(f"the benchmark failed: {failed}")
