"""What Lambda keeps of a function's log, by the `ApplicationLogLevel` that it was given. MiniStack keeps everything.

Source: AWS Lambda developer guide, "Log-level filtering". Of a function that logs JSON a line's `level` decides. A line
without a `level` that is known, or without a `timestamp` of RFC 3339, counts as INFO, and so does one that is not JSON
object, such as the text of a panic. Nothing excepts metrics in embedded format.
"""

import json
from datetime import datetime

LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]


def keeps(application_log_level: str, line: str) -> bool:
    """Whether Lambda hands the line on to CloudWatch Logs."""
    return LEVELS.index(_level(line)) >= LEVELS.index(application_log_level)


def _level(line: str) -> str:
    try:
        record = json.loads(line)
        if datetime.fromisoformat(record["timestamp"]).tzinfo is None:
            return "INFO"
        return record["level"].upper() if record["level"].upper() in LEVELS else "INFO"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "INFO"
