"""One measurement: a client's process from its start to its response."""

import json
import os
import pathlib
import signal
import threading
import time

import clients
import compare
from world import CLIENT_CORE, ENDPOINT_CORE, last_hour

TIME_LIMIT_S = 900
# How long a function takes from its response to its next poll.
NEXT_POLL_S = 0.5


class Failed(Exception):
    """A client failed."""


def export(world, client, events, shape="map", compression="gzip", shards=1, latency_ms=0, tls=False, drop=False,
           alone=None, connectors=1, under=None):
    """Runs one export and returns its measurements, as a flat record.

    `alone` names a single step to measure; `under` counts the client's instructions.
    """
    hour = last_hour()
    table = f"events_{shape}_{events}_{shards}_{hour}"
    settings = {}
    if client == "exporter":
        settings, ids = world.seed(connectors, shards, compression, hour)
        settings["EVENTS_TABLE"] = table
        records = [{"messageId": i, "body": json.dumps({"connector_id": i})} for i in ids]
        event = {"Records": records}
    else:
        event = {
            "table": table,
            "partition": "acme",
            "from": f"{hour}:00:00",
            "to": f"{hour}:59:60",
            "role": "arn:aws:iam::222222222222:role/auditferry/AuditLog",
            "external_id": "bench",
            "bucket": "customer-0",
            "key": {"gzip": "events.json.gz", "zstd": "events.json.zst"}.get(compression, "events.json"),
            "compression": compression,
            "drop": drop,
            "alone": alone,
        }
    world.request("POST", f"/bench/reset?latency_ms={latency_ms}")
    environment = {**world.environment(tls), **settings, **(under.settings if under else {})}
    process = Process(world, client, environment, under.command() if under else [])
    try:
        answer = process.invoke(event)
        peak_kb = process.peak_kb()
    finally:
        usage = process.end() if under else process.kill()
    try:
        if not answer or not answer["well"] or "itemIdentifier" in answer["answer"]:
            raise Failed(f"{client} answered {answer}\n{process.log()}")
        files = world.delivered()
        size = sum(file.stat().st_size for file in files)
        if events == 0 and client != "bare" and len(world.delivered("*")) != connectors:
            raise Failed(f"{client} delivered fewer heartbeats than {connectors} connectors")
        if events > 0 and not drop and not alone:
            compare.check(client, files, shape, events)
    finally:
        world.clear()
    counts = world.request("GET", "/bench/counts")
    cpu = json.loads(answer["answer"])["cpu_s"] if alone else usage.ru_utime + usage.ru_stime
    return {
        "client": client, "connectors": connectors, "events": events, "shape": shape, "compression": compression, "shards": shards,
        "latency_ms": latency_ms, "tls": tls, "drop": drop, "alone": alone, "cpu_s": cpu,
        "wall_s": (answer["answered"] - answer["handed"]) / 1e9,
        "peak_mb": peak_kb / 1024, "start_ms": (answer["ready"] - process.started) / 1e6,
        "requests": counts["requests"], "page_bytes": counts["page_bytes"], "object_bytes": size,
        "objects": len(files), **({"counted": under.counted()} if under else {}),
    }


class Process:
    """A client's process, pinned to its own core."""

    def __init__(self, world, client, environment, under):
        self.world = world
        self.file = world.folder / "client.log"
        log = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        command = [*under, *clients.command(client)]
        # A child inherits its parent's cores; this is faster than `taskset`.
        os.sched_setaffinity(0, {CLIENT_CORE})
        try:
            self.started = time.time_ns()
            self.pid = os.posix_spawn(
                command[0], command, environment,
                file_actions=[(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)],
            )
        finally:
            os.sched_setaffinity(0, {ENDPOINT_CORE})
            os.close(log)

    def invoke(self, event):
        """The response to one invocation; None if the process exited or timed out."""
        answers = []

        def ask():
            try:
                answers.append(self.world.request("POST", "/bench/invoke", json.dumps(event), TIME_LIMIT_S))
            except OSError:
                answers.append(None)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        deadline = time.monotonic() + TIME_LIMIT_S
        while asking.is_alive() and time.monotonic() < deadline:
            asking.join(0.05)
            if asking.is_alive() and not self.is_alive():
                return None
        return answers[0] if answers else None

    def is_alive(self):
        return "State:\tZ" not in pathlib.Path(f"/proc/{self.pid}/status").read_text()

    def peak_kb(self):
        # Not `ru_maxrss`, which starts at the parent's value.
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)

    def kill(self):
        """Kills it; returns its resource usage."""
        return self._ended_by(signal.SIGKILL)

    def end(self):
        """Terminates it after its next poll, so that a program that runs it can write its counts."""
        time.sleep(NEXT_POLL_S)
        return self._ended_by(signal.SIGTERM)

    def _ended_by(self, number):
        os.kill(self.pid, number)
        _, _, usage = os.wait4(self.pid, 0)
        return usage

    def log(self):
        return "\n".join(self.file.read_text(errors="replace").splitlines()[-20:])
