"""Has programs that we didn't write read what the exporter's encoder writes, and holds what they read against it.

    check.py DIR [--before]

DIR is what `archive files` wrote: `events.*` and `heartbeat.*`, each format and compression. Prints the number of events
that each reader found in each file, and fails if one found another number, other events, or none at all. With --before
the gzip files are first written again as files of several members, as they were before, to see what that does; then
nothing fails.
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
    """What a file or a reader of it must not be."""


def events_of(content, suffix):
    """The events of a content, in their order."""
    return json.loads(content) if suffix.startswith(".json") else [json.loads(line) for line in content.splitlines()]


def id_of(event):
    return event.get("eventID") or event["id"]


def found(reader, file, content, ids):
    """How many events a reader finds in a file, and what is wrong with that."""
    done = subprocess.run(reader.command(file), capture_output=True, timeout=120, check=False)
    if done.returncode:
        return "error", (done.stderr.decode(errors="replace").strip().splitlines() or ["no words"])[-1]
    if reader.prints == CONTENT:
        # A content that was cut off is no JSON any more, but its lines can be counted.
        count = sum(line.startswith(b"{") for line in done.stdout.splitlines())
        return count, None if done.stdout == content else "the content is another"
    read = done.stdout.decode().split()
    return len(read), None if sorted(read) == sorted(ids) else "the events are others"


def block_ends(data):
    """Where the blocks of a gzip file end: each must inflate alone, and hold whole lines."""
    start, end = HEADER, data.find(FLUSHED) + len(FLUSHED)
    while end >= len(FLUSHED):
        # The same four bytes may be part of something else; then the text is no whole block.
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
    """Each block of a gzip file inflates alone and begins with an event, and together they are the content."""
    blocks = list(block_ends(data))
    for number, (start, text) in enumerate(blocks):
        opening = b"[\n{" if number == 0 and content.startswith(b"[") else b"{"
        if not text.startswith(opening):
            raise Wrong(f"the block from byte {start} does not begin with an event")
        # It ends with the line that fills it, so without that line it is smaller.
        if number + 1 < len(blocks) and len(text) - len(text.splitlines()[-1]) - 1 >= BLOCK:
            raise Wrong(f"the block from byte {start} is larger than it must be")
    if b"".join(text for _, text in blocks) != content:
        raise Wrong("the blocks are not the content")
    return len(blocks)


def as_before(file, content):
    """Writes a gzip file as one of several members of 1 MiB."""
    pieces = [content[start:start + BLOCK] for start in range(0, len(content), BLOCK)]
    file.write_bytes(b"".join(gzip.compress(piece, 1, mtime=0) for piece in pieces))


def table(rows, columns):
    lines = [["reader", *columns], ["---", *["---:"] * len(columns)]]
    lines += [[name, *(str(counts.get(column, "")) for column in columns)] for name, counts in rows.items()]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    for line in lines:
        print("| " + " | ".join(word.ljust(width) for word, width in zip(line, widths)) + " |")


def main():
    parser = argparse.ArgumentParser(prog="tests/readers/run", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--before", action="store_true", help="gzip files of several members, as they were before")
    asked = parser.parse_args()
    files = sorted(file for file in asked.folder.iterdir())
    wrong, lacking, rows = [], [], collections.defaultdict(dict)
    for file in files:
        stem, _, rest = file.name.partition(".")
        suffix = "." + rest
        content = (asked.folder / f"{stem}.{rest.split('.')[0]}").read_bytes()
        ids = [id_of(event) for event in events_of(content, suffix)]
        if suffix in GZIP and asked.before:
            as_before(file, content)
        elif suffix in GZIP:
            try:
                blocks = check_blocks(file.read_bytes(), content)
                print(f"{file.name}: {len(ids)} events, {blocks} blocks that inflate alone and begin with an event")
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
    if not asked.before:
        wrong += own_date()
    for reader, lack in dict.fromkeys(lacking):
        print(f"NOT CHECKED: {reader.name} (no {lack} here)")
        if os.environ.get("CI") == "true" and not reader.may_lack:
            wrong.append(f"{reader.name}: where CI runs, {lack} must be there")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong and not asked.before else 0


if __name__ == "__main__":
    sys.exit(main())
