"""The regression guard: compares the instruction counts of the packaged exporter with stored ones.

Times differ between machines and from run to run; counts hardly do. The exporter runs on valgrind's emulated processor,
which is the same on every x86_64 machine with AVX2. It exports what the benchmark exports, from the benchmark's endpoint.
The cost of each step is a difference between two exports:

- `idle`: the start and one export without events.
- `map`, `text`: an event of that shape transcoded: read, checked, merged and written into a plain file.
- `gzip`, `zstd`: the additional cost of compressing an event, less what a smaller file saves.
- `hashing`: SHA-256 of an event, of its content and of its gzip file. It is in no other figure.
"""

import argparse
import os
import pathlib
import sys
import time

import measure
from hashing import Program
from valgrind import VERSION, Callgrind, Unavailable
from world import HERE, World

sys.path.append(str(HERE.parent / "deploy"))
import stored  # noqa: E402

FIGURES = HERE / "guard.json"
STORE = "tests/bench/run --guard --store"
# On other architectures valgrind exposes the machine's own features, and `hashing` reads other code.
PROCESSOR = "x86_64"
EVENTS = 10_000
ROUNDS = 3


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run --guard", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--store", action="store_true", help="stores the figures, as the reference for later runs")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"default: {ROUNDS}; the minimum counts")
    options = parser.parse_args()
    versions = {"rustc": stored.rustc(), "valgrind": VERSION}
    why = None if options.store else stored.unchecked(FIGURES, PROCESSOR, versions)
    if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text():
        why = "valgrind emulates AVX2 only on a processor that has it"
    if why:
        return not_checked(why)
    try:
        with World() as world:
            figures = measured(world, Callgrind(world.folder), options.rounds)
    except Unavailable as unavailable:
        return not_checked(unavailable)
    if options.store:
        stored.store(FIGURES, PROCESSOR, versions, figures)
        print(f"{FIGURES}: {figures}")
        return 0
    wrong = stored.check(FIGURES, PROCESSOR, figures, STORE)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def not_checked(why):
    """Prints NOT CHECKED; a figure that can't be compared does not fail the commit."""
    print(f"NOT CHECKED: instruction counts ({why})")
    return 0


def measured(world, counter, rounds):
    """The figures, in instructions.

    The minimum of the rounds: others contain extra polls for a response.
    """
    program = Program(pathlib.Path(os.environ["BENCH_EXPORTER"]).read_bytes())
    kinds = {"idle": ("map", "none"), "map": ("map", "none"), "text": ("text", "none"),
             "gzip": ("map", "gzip"), "zstd": ("map", "zstd")}
    every = {kind: [] for kind in kinds}
    started = time.monotonic()
    for number in range(rounds):
        for kind, (shape, compression) in kinds.items():
            events = 0 if kind == "idle" else EVENTS
            record = measure.export(world, "exporter", events, shape, compression, under=counter)
            total, counts = record["counted"]
            hashed = program.hashed(counts)
            every[kind].append((total - hashed, hashed))
            print(f"[{time.monotonic() - started:.0f} s] {kind}, round {number + 1}: {total - hashed:,} and {hashed:,} "
                  "of SHA-256", file=sys.stderr, flush=True)
    work, hashed = ({kind: min(pair[place] for pair in pairs) for kind, pairs in every.items()}
                    for place in (0, 1))
    if not hashed["idle"]:
        raise measure.Failed("no SHA-256 function was found in the exporter: see driver/hashing.py")
    return {
        "idle": work["idle"],
        "map": round((work["map"] - work["idle"]) / EVENTS),
        "text": round((work["text"] - work["idle"]) / EVENTS),
        "gzip": round((work["gzip"] - work["map"]) / EVENTS),
        "zstd": round((work["zstd"] - work["map"]) / EVENTS),
        "hashing": round((hashed["gzip"] - hashed["idle"]) / EVENTS),
    }


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (measure.Failed, AssertionError) as failed:
        sys.exit(f"the guard failed: {failed}")
