"""The clients, each a function on Lambda's Runtime API."""

import os

from world import HERE, built

# In the order of the tables.
NAMES = {
    "exporter": "**Auditferry's exporter**",
    "limit": "the limit: raw HTTP, no SDK, same encoder",
    "rust_sdk": "Rust on the SDK, straightforward",
    "node": "Node, AWS SDK v3",
    "python": "Python, optimized: raw HTTP, orjson, ISA-L",
    "boto3": "Python, boto3, straightforward",
    "bare": "a bare Rust function",
}
PEERS = [name for name in NAMES if name not in ("exporter", "bare")]


def command(client):
    if client == "exporter":
        return [os.environ["BENCH_EXPORTER"]]
    if client in ("boto3", "python"):
        return [os.environ[f"BENCH_{client.upper()}"], str(HERE / "peers" / client / "peer.py")]
    if client == "node":
        return [node(), os.environ["BENCH_NODE"]]
    return [str(built(client))]


def node():
    """The path of the node binary: the one in PATH may be a wrapper script."""
    import shutil
    import subprocess

    arguments = [shutil.which("node"), "-p", "process.execPath"]
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.strip()
