"""The machine and the versions of a measurement."""

import json
import os
import pathlib
import platform
import re
import subprocess

from world import HERE


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {
        "processor": cpu[1] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory[1]) / 1024**2) if memory else None,
        "system": f"{platform.system()} {platform.release()}",
        "commit": output("git", "describe", "--always", "--dirty"),
        "versions": versions(),
    }


def versions():
    locked = (HERE / "Cargo.lock").read_text()
    crate = lambda name: re.search(rf'name = "{name}"\nversion = "([^"]+)"', locked)[1]
    listed = [line.split("==") for peer in ("boto3", "python")
              for line in (HERE / "peers" / peer / "requirements.txt").read_text().split()]
    node = json.loads((HERE / "peers" / "node" / "package.json").read_text())["dependencies"]
    return {
        "rustc": output("rustc", "--version").split()[1],
        "Python": platform.python_version(),
        "Node": output("node", "--version").lstrip("v"),
        **{name: crate(name) for name in ("aws-sdk-dynamodb", "serde_dynamo", "flate2")},
        **dict(listed),
        **node,
    }


def output(*command):
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()
