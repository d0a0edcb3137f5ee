"""Figures that are stored in the checkout, and what is measured now held against them.

A file of them has, by processor, what they were measured with and the figures: less is better. They stand for one
compiler; with another one there is nothing to hold them against, and that is said instead.
"""

import json
import subprocess
from pathlib import Path

# How much worse or better a figure may be, percent.
TOLERANCE = 5


def rustc() -> str:
    """The compiler's version, as in `1.95.0`."""
    return subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]


def store(file: Path, architecture: str, made: dict[str, str], figures: dict[str, int]) -> None:
    """Stores the figures of a processor; those of others stay."""
    content = json.loads(file.read_text()) if file.exists() else {}
    content[architecture] = {"with": made, "figures": figures}
    file.write_text(json.dumps(dict(sorted(content.items())), indent=2) + "\n")


def unchecked(file: Path, architecture: str, made: dict[str, str]) -> str | None:
    """Why figures can't be held against those of the file; none if they can."""
    content = json.loads(file.read_text()) if file.exists() else {}
    if architecture not in content:
        return f"no figures are stored for {architecture}"
    before = content[architecture]["with"]
    other = [f"{name} {version} and not {before.get(name)}" for name, version in made.items()
             if version != before.get(name)]
    return f"this is {', '.join(other)}, which the stored figures are of" if other else None


def check(file: Path, architecture: str, figures: dict[str, int], again: str) -> list[str]:
    """Prints the figures beside the stored ones; returns what is wrong. `again` is the command that stores them."""
    before = json.loads(file.read_text())[architecture]["figures"]
    worse, better = compare(before, figures)
    for name, now in figures.items():
        print(f"{name:<12} {now:>12,}, stored {before.get(name, 0):>12,}")
    for line in better:
        print(f"{line}: store that with `{again}`, or what is won can be lost again unseen")
    return [f"{line}; if that is meant to be, `{again}`" for line in worse]


def compare(before: dict[str, int], now: dict[str, int]) -> tuple[list[str], list[str]]:
    """What got worse by more than is allowed, and what got better by more than that."""
    worse = [f"no figure is stored for {name}" for name in now if name not in before]
    worse += [f"{name} was not measured" for name in before if name not in now]
    better = []
    for name in before.keys() & now.keys():
        change = 100 * (now[name] - before[name])
        line = f"{name} went from {before[name]:,} to {now[name]:,}, {change / before[name]:+.1f} %"
        if change > TOLERANCE * before[name]:
            worse.append(line)
        elif change < -TOLERANCE * before[name]:
            better.append(line)
    return sorted(worse), sorted(better)
