"""How many requests a report of schemathesis (NDJSON) contains."""

import json
import sys


def interactions(value):
    """Counts recorded requests, wherever they stand."""
    if isinstance(value, dict):
        own = len(value["interactions"]) if isinstance(value.get("interactions"), (dict, list)) else 0
        return own + sum(interactions(inner) for name, inner in value.items() if name != "interactions")
    if isinstance(value, list):
        return sum(interactions(inner) for inner in value)
    return 0


with open(sys.argv[1], encoding="utf-8") as report:
    print(sum(interactions(json.loads(line)) for line in report))
