"""Reads the output of the exporter's encoder with third-party programs, and compares the results.

    check.py DIR [--before]

DIR is the output of `archive files`: `events.*` and `heartbeat.*`, in each format and compression. Prints the number of
events that each reader found in each file, and fails if a number or an event differs. With --before the gzip files are
first rewritten with several members, as in earlier versions, to show the effect; then nothing fails.
"""

import argparse
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import zlib

from partitions import own_date
from programs import CONTENT, GZIP, READERS

BLOCK = 1 << 20
HEADER, TRAILER = 10, 8
# How a full flush ends: the length of an empty stored block, and its complement.
FLUSHED = b"\x00\x00\xff\xff"


class Wrong(Exception):
    """A file or a reader violates a check."""


def events_of(content, suffix):
    """The events of a file, in order."""
    return json.loads(content) if suffix.startswith(".json") else [json.loads(line) for line in content.splitlines()]


def id_of(event):
    return event.get("eventID") or event["id"]


def found(reader, file, content, ids):
    """How many events a reader finds in a file, and the error, if any."""
    done = subprocess.run(reader.command(file), capture_output=True, timeout=120, check=False)
    if done.returncode:
        return "error", (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
    if reader.prints == CONTENT:
        # Truncated content is not JSON any more, but its lines can be counted.
        count = sum(line.startswith(b"{") for line in done.stdout.splitlines())
        return count, None if done.stdout == content else "the content differs"
    read = done.stdout.decode().split()
    return len(read), None if sorted(read) == sorted(ids) else "the events differ"


def block_ends(data):
    """Where the blocks of a gzip file end: each must inflate independently, and contain whole lines."""
    start, end = HEADER, data.find(FLUSHED) + len(FLUSHED)
    while end >= len(FLUSHED):
        # The same four bytes may occur elsewhere; then the text is not a whole block.
        inflate = zlib.decompressobj(-15)
        text = inflate.decompress(data[start:end])
        if len(text) >= BLOCK and text.endswith(b"\n") and not inflate.eof:
            yield start, text
            start = end
        end = data.find(FLUSHED, end) + len(FLUSHED)
    inflate = zlib.decompressobj(-15)
    text = inflate.decompress(data[start:]) + inflate.flush()
    if not inflate.eof or len(inflate.unused_data) != TRAILER:
        raise Wrong(f"the last block, from byte {start}, does not end where the trailer begins")
    yield start, text


def check_blocks(data, content):
    """Checks that each block of a gzip file inflates independently and begins with an event, and that they add up to the content."""
    blocks = list(block_ends(data))
    for number, (start, text) in enumerate(blocks):
        opening = b"[\n{" if number == 0 and content.startswith(b"[") else b"{"
        if not text.startswith(opening):
            raise Wrong(f"the block from byte {start} does not begin with an event")
        # Its last line fills it, so without that line it is smaller.
        if number + 1 < len(blocks) and len(text) - len(text.splitlines()[-1]) - 1 >= BLOCK:
            raise Wrong(f"the block from byte {start} is too large")
    if b"".join(text for _, text in blocks) != content:
        raise Wrong("the blocks do not add up to the content")
    return len(blocks)


def as_before(file, content):
    """Rewrites a gzip file with several members of 1 MiB."""
    pieces = [content[start:start + BLOCK] for start in range(0, len(content), BLOCK)]
    file.write_bytes(b"".join(gzip.compress(piece, 1, mtime=0) for piece in pieces))


def table(rows, columns):
    lines = [["reader", *columns], ["---", *["---:"] * len(columns)]]
    lines += [[name, *(str(counts.get(column, "")) for column in columns)] for name, counts in rows.items()]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("| " + " | ".join(word.ljust(width) for word, width in zip(line, widths)) + " |")


def main():
    parser = argparse.ArgumentParser(prog="tests/readers/run", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--before", action="store_true", help="gzip files of several members, as in earlier versions")
    options = parser.parse_args()
    files = sorted(file for file in options.folder.iterdir())
    wrong, lacking, rows = [], [], collections.defaultdict(dict)
    for file in files:
        stem, _, rest = file.name.partition(".")
        suffix = "." + rest
        content = (options.folder / f"{stem}.{rest.split('.')[0]}").read_bytes()
        ids = [id_of(event) for event in events_of(content, suffix)]
        if suffix in GZIP and options.before:
            as_before(file, content)
        elif suffix in GZIP:
            try:
                blocks = check_blocks(file.read_bytes(), content)
                print(f"{file.name}: {len(ids)} events, {blocks} blocks that inflate independently and begin with an event")
            except Wrong as why:
                wrong.append(f"{file.name}: {why}")
        for reader in READERS:
            if suffix not in reader.takes:
                continue
            if lack := reader.lacks():
                lacking.append((reader, lack))
                continue
            count, why = found(reader, file, content, ids)
            rows[reader.name][file.name] = count
            if why:
                wrong.append(f"{reader.name}, {file.name}: {count} of {len(ids)}: {why}")
    table(rows, [file.name for file in files if file.name.startswith("events")])
    table(rows, [file.name for file in files if file.name.startswith("heartbeat")])
    if not options.before:
        wrong += own_date()
    for reader, lack in dict.fromkeys(lacking):
        print(f"NOT CHECKED: {reader.name} ({lack} is not installed)")
        if os.environ.get("CI") == "true" and not reader.may_lack:
            wrong.append(f"{reader.name}: {lack} must be installed in CI")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong and not options.before else 0


if __name__ == "__main__":
    sys.exit(main())
