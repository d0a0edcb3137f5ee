"""Compares the measurements with the product's targets: ratios within one run on one machine."""

import gzip
import zlib

from world import FIXTURE

MEMORY_MB, GROWTH_MB = 64, 20


def judge(parts):
    """Each target that the results cover, with the measured value and whether it is met."""
    judged = []

    def add(name, measured, limit, at_least, unit="x"):
        met = measured >= limit if at_least else measured <= limit
        judged.append({"target": name, "measured": measured, "limit": limit, "unit": unit,
                       "rule": "at least" if at_least else "at most", "met": met})

    def row(part, **wanted):
        rows = parts.get(part, {}).get("rows", [])
        fits = [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]
        return max(fits, key=lambda row: row["events"], default=None)

    def cost(row):
        return row["cpu_s"] / row["events"]

    for peer, times in (("boto3", 40), ("python", 10), ("node", 15), ("rust_sdk", 8)):
        other = row("clients", client=peer)
        ours = other and row("clients", client="exporter", events=other["events"])
        if ours:
            add(f"processor time, {peer} : exporter, {ours['events']:,} events", cost(other) / cost(ours), times, True)
    limit = row("clients", client="limit")
    ours = limit and row("clients", client="exporter", events=limit["events"])
    if ours:
        add(f"processor time, exporter : limit, {ours['events']:,} events", cost(ours) / cost(limit), 1.6, False)
    packed, small = (row("shapes", client="exporter", shape="map", compression=c) for c in ("gzip", "zstd"))
    if packed and small:
        add("processor time, zstd : gzip", cost(small) / cost(packed), 1, False)
        add("size of gzip output : gzip -6", packed["object_bytes"] / gzip_6(packed["events"]), 1.2, False)
    largest, medium = row("sizes", client="exporter"), row("sizes", client="exporter", events=100_000)
    if largest:
        add(f"peak memory at {largest['events']:,} events", largest["peak_mb"], MEMORY_MB, False, "MB")
    if largest and medium and largest is not medium:
        growth = largest["peak_mb"] - medium["peak_mb"]
        add("growth of that from 100,000 events", growth, GROWTH_MB, False, "MB")
    ours, boto3, bare = (row("start", client=client) for client in ("exporter", "boto3", "bare"))
    if ours and boto3:
        add("start to first request for work, boto3 : exporter", boto3["start_ms"] / ours["start_ms"], 25, True)
    if ours and bare:
        add("start to first request for work, exporter : bare", ours["start_ms"] / bare["start_ms"], 2, False)
    ours, boto3 = (row("tls", client=client) for client in ("exporter", "boto3"))
    if ours and boto3:
        add("first export over TLS, boto3 : exporter", boto3["wall_s"] / ours["wall_s"], 8, True)
    for compression in ("gzip", "zstd"):
        slow, read = row("latency", client="exporter", compression=compression), row("latency", drop=True)
        # For a small window the sequential requests of the protocol dominate.
        if slow and read and slow["events"] >= 100_000:
            floor = max(read["wall_s"], slow["cpu_s"])
            add(f"wall time with {slow['latency_ms']} ms per response, {compression} : larger of reading and processor",
                slow["wall_s"] / floor, 1.3, False)
    ceiling, limit = row("ceiling"), row("clients", client="limit")
    if ceiling and limit:
        rate = lambda row: row["events"] / row["wall_s"]
        add("events per second of a client that drops all : limit", rate(ceiling) / rate(limit), 2, True)
    return judged


def gzip_6(events):
    """The size of that many events compressed with `gzip -6`."""
    with gzip.open(FIXTURE) as lines:
        text = lines.read()
    lines = text.splitlines(keepends=True)
    packer = zlib.compressobj(6, wbits=31)
    whole, rest = divmod(events, len(lines))
    size = sum(len(packer.compress(text)) for _ in range(whole))
    size += len(packer.compress(b"".join(lines[:rest])))
    return size + len(packer.flush())
