"""Compares what a client delivered with the events of its table: all, in order, each once and unchanged."""

import gzip
import hashlib
import io
import json

import zstandard

from world import FIXTURE

# Cached canonical forms of lines. A client may write an event's keys in another order each time.
MAX_CACHED = 50_000

_events = []
_canonical = {}
_checked = {}


def canonical(line):
    return json.dumps(json.loads(line), sort_keys=True)


def events():
    if not _events:
        with gzip.open(FIXTURE, "rt") as lines:
            _events.extend(canonical(line) for line in lines)
    return _events


def check(client, files, shape, count):
    """Raises if anything is missing, changed, duplicated or out of order."""
    digest = hashlib.sha256(f"{shape} {count}".encode())
    for file in files:
        with open(file, "rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    # The same bytes were compared before.
    if digest.digest() in _checked.get(client, ()):
        return
    expected, position = events(), 0
    for file in files:
        for line in lines_of(file):
            known = _canonical.get(line)
            if known is None:
                known = canonical(line)
                if len(_canonical) < MAX_CACHED:
                    _canonical[line] = known
            if position >= count or known != expected[position % len(expected)]:
                raise AssertionError(f"{client}: line {position} of {file.name} is not the expected event")
            position += 1
    if position != count:
        raise AssertionError(f"{client}: {position} events were delivered, and {count} are in the table")
    _checked.setdefault(client, set()).add(digest.digest())


def lines_of(file):
    with open(file, "rb") as packed:
        if file.name.endswith(".gz"):
            content = gzip.GzipFile(fileobj=packed)
        elif file.name.endswith(".zst"):
            content = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        else:
            content = packed
        yield from (line.rstrip(b"\n") for line in io.BufferedReader(content, 1 << 20))
