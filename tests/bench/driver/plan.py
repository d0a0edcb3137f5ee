"""The parts of the benchmark: their runs and rounds."""

from dataclasses import dataclass, field

from clients import PEERS

LATENCY_MS = 20
SHARDS = (1, 2, 4, 8, 16, 32, 64)
# Above these sizes one export of a client takes minutes.
LARGEST = {"boto3": 100_000, "python": 300_000, "node": 300_000, "rust_sdk": 1_000_000}
# Steps that the limit measures separately.
ALONE = ("memcpy", "hashing", "gzip", "zstd")
# Keeps the ordinary run to minutes.
ORDINARY = 100_000

PARTS = {
    "clients": "every client, native maps, gzip",
    "shapes": "native maps and one text, plain, gzip and zstd",
    "sizes": "the exporter and the limit at all sizes: speed and memory",
    "quiet": "the cost of an export without events, one and ten in a batch",
    "start": "time from the process's start to its first request for work",
    "tls": "the first export of a process, over TLS",
    "latency": f"wall time with {LATENCY_MS} ms per response, and that of reading alone",
    "shards": f"wall time by shards, with {LATENCY_MS} ms per response",
    "ceiling": "a client that receives pages and drops them",
    "distances": "the distance of whole exports to the minimum of any export",
}


@dataclass
class Run:
    """One export, and how often to repeat it."""

    part: str
    what: dict = field(default_factory=dict)
    rounds: int = 3

    def label(self):
        return " ".join([self.part, *(f"{name}={value}" for name, value in self.what.items())])


def plan(sizes, rounds, parts, clients, full):
    """Blocks of runs whose rounds are interleaved: each client's first, then each one's second."""
    medium = max((size for size in sizes if size <= ORDINARY), default=min(sizes))
    everyone = ["exporter", *(peer for peer in PEERS if peer in clients)]
    runs = {
        "clients": [
            Run("clients", {"client": client, "events": size})
            for size in sizes
            for client in everyone
            if size <= (LARGEST.get(client, size) if full else ORDINARY) or size == min(sizes)
        ],
        "shapes": [
            Run("shapes", {"client": client, "events": medium, "shape": shape, "compression": compression})
            for shape in ("map", "text")
            for compression in ("none", "gzip", "zstd")
            for client in everyone
            if client in ("exporter", "limit") or (full and client != "boto3" and compression != "zstd")
        ],
        "sizes": [
            Run("sizes", {"client": client, "events": size}, rounds if full or size <= 10**6 else 1)
            for size in sizes
            for client in everyone
            if client in ("exporter", "limit")
        ],
        "quiet": [
            Run("quiet", {"client": "exporter", "events": 0, "connectors": connectors, "latency_ms": latency},
                max(rounds, 5))
            for latency in (0, LATENCY_MS)
            for connectors in (1, 10)
        ],
        "start": [
            Run("start", {"client": client, "events": 0}, 15 if full else 9)
            for client in ["bare", *everyone]
        ],
        "tls": [
            Run("tls", {"client": client, "events": 1000, "tls": True}, 9 if full else 5)
            for client in everyone
            if client != "limit"
        ],
        # Reading alone, and whole exports.
        "latency": [
            Run("latency", {"client": "limit", "events": medium, "latency_ms": LATENCY_MS, "drop": True, "compression": "none"})
        ] + [
            Run("latency", {"client": client, "events": medium, "latency_ms": LATENCY_MS, "compression": compression})
            for client in everyone
            if client == "exporter" or (full and client in ("limit", "rust_sdk"))
            for compression in ("gzip", "zstd")
        ],
        "shards": [
            Run("shards", {"client": "exporter", "events": medium, "latency_ms": LATENCY_MS, "shards": shards},
                rounds if full else 1)
            for shards in SHARDS
        ],
        "ceiling": [
            Run("ceiling", {"client": "limit", "events": max(medium, ORDINARY), "drop": True, "compression": "none"})
        ],
        "distances": [
            Run("distances", {"client": "limit", "events": medium, "drop": True, "compression": "none"}),
            *(Run("distances", {"client": "limit", "events": medium, "alone": step}) for step in ALONE),
            *(Run("distances", {"client": client, "events": medium, "compression": compression})
              for compression in ("gzip", "zstd") for client in ("limit", "exporter")),
        ],
    }
    blocks = [runs[part] for part in parts]
    for run in (run for block in blocks for run in block):
        run.rounds = min(run.rounds, rounds) if run.part in ("clients", "shapes", "sizes") else run.rounds
    return blocks
