"""Draws the dashboard of `infra/dashboard.yaml` over the metrics in log lines, as CloudWatch would.

`draw.py LINES PICTURE [DAYS]`: LINES has one log line a line, of which those of metrics (embedded metric format) count;
PICTURE ends in .png or .svg; DAYS is EventRetentionDays. What AWS measures by itself is in no log of ours, and neither
is the table of log lines: their places say so.
"""

import json
import math
import re
import sys
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import colors, dates, pyplot  # noqa: E402

sys.path.append(str(Path(__file__).parents[1] / "policies"))
from cloudformation import load  # noqa: E402

DASHBOARD = Path(__file__).parents[2] / "infra" / "dashboard.yaml"
OURS = "Auditferry"
# A dashboard has 24 columns; a cell is this large.
INCHES = (0.75, 0.5)

Points = dict[str, list[tuple[float, float]]]


def emitted(lines: Path) -> Points:
    """The values of each metric with their times, in seconds, as CloudWatch takes them from the lines."""
    points: Points = defaultdict(list)
    for text in lines.read_text(encoding="utf-8").splitlines():
        record = json.loads(text) if text.startswith("{") else {}
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                value = record[metric["Name"]]
                values = value if isinstance(value, list) else [value]
                points[metric["Name"]] += [(record["_aws"]["Timestamp"] / 1000, float(one)) for one in values]
    return points


def body(days: int) -> dict[str, Any]:
    """The dashboard's own JSON; its functions and queues have the names of their parameters."""
    text, local = load(DASHBOARD)["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    local = {name: value["Fn::If"][1 if days else 2] for name, value in local.items()}
    return json.loads(re.sub(r"\$\{([\w:]+)\}", lambda found: local.get(found[1], found[1]), text))


def metrics(widget: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Namespace, name, what it is measured of, and options of each line; `.` and `...` mean what stands above."""
    above: list[str] = []
    found = []
    for given in widget["properties"]["metrics"]:
        options = given[-1] if isinstance(given[-1], dict) else {}
        texts = [one for one in given if isinstance(one, str)]
        if texts[0] == "...":
            texts = [*above[:-1], texts[1]]
        above = [above[place] if text == "." else text for place, text in enumerate(texts)]
        found.append((above[0], above[1], above[-1], options))
    return found


def statistic(values: list[float], name: str) -> float:
    """Of the values of a period."""
    if name.startswith("p"):
        ordered = sorted(values)
        return ordered[max(0, math.ceil(len(ordered) * float(name[1:]) / 100) - 1)]
    return {"Maximum": max, "Minimum": min, "Sum": sum, "Average": lambda all_: sum(all_) / len(all_)}[name](values)


def series(points: Points, name: str, stat: str, period: int) -> list[tuple[datetime, float]]:
    """A statistic of each period that has values, at the period's beginning."""
    periods: dict[int, list[float]] = defaultdict(list)
    for at, value in points[name]:
        periods[int(at // period) * period].append(value)
    return [(datetime.fromtimestamp(at, timezone.utc), statistic(values, stat)) for at, values in sorted(periods.items())]


def alike(widget: dict[str, Any]) -> list[str]:
    """The lines that nobody can distinguish by their color. CloudWatch's own are matplotlib's first ten."""
    seen: dict[str, str] = {}
    found = []
    for place, (*_, options) in enumerate(metrics(widget)):
        color = colors.to_hex(options.get("color", f"C{place}"))
        if color in seen:
            found.append(f"{widget['properties']['title']}: {options['label']} and {seen[color]}")
        seen[color] = options["label"]
    return found


def draw_numbers(axes: Any, widget: dict[str, Any], points: Points) -> None:
    """The last period's values, side by side."""
    properties, lines = widget["properties"], metrics(widget)
    axes.set_axis_off()
    for place, (_, name, _, options) in enumerate(lines):
        values = series(points, name, options.get("stat", properties.get("stat")), properties["period"])
        at = (place + 0.5) / len(lines)
        axes.text(at, 0.5, f"{values[-1][1]:,.0f}" if values else "--", ha="center", fontsize=22)
        axes.text(at, 0.08, options["label"], ha="center", fontsize=9, color="#555555")


def draw_graph(axes: Any, widget: dict[str, Any], points: Points) -> None:
    """Lines over time, on one or two axes."""
    properties, lines = widget["properties"], metrics(widget)
    if all(namespace != OURS for namespace, *_ in lines):
        return draw_words(axes, "measured by AWS itself,\nand in no log of ours")
    sides = {"left": axes, "right": axes.twinx() if any("yAxis" in options for *_, options in lines) else None}
    stacked: dict[datetime, float] = defaultdict(float)
    shown = []
    for place, (_, name, _, options) in enumerate(lines):
        values = series(points, name, options.get("stat", properties.get("stat")), properties["period"])
        if not values:
            continue
        times = [at for at, _ in values]
        color = options.get("color", f"C{place}")
        if properties.get("stacked"):
            below = [stacked[at] for at in times]
            stacked.update({at: stacked[at] + value for at, value in values})
            above = [stacked[at] for at in times]
            shown.append(axes.fill_between(times, below, above, color=color, alpha=0.6, label=options["label"]))
            continue
        side = sides[options.get("yAxis", "left")]
        style = "--" if options.get("yAxis") == "right" else "-"
        shown += side.plot(times, [value for _, value in values], style, color=color, label=options["label"], lw=1.3)
    for side, sheet in sides.items():
        wanted = properties.get("yAxis", {}).get(side, {})
        if sheet is not None:
            sheet.set_ylabel(wanted.get("label", ""), fontsize=7)
            sheet.tick_params(labelsize=7)
            sheet.set_ylim(bottom=wanted.get("min"))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes.legend(handles=shown, fontsize=6, loc="upper left", framealpha=0.7)
    return None


def draw_words(axes: Any, words: str) -> None:
    """What can't be drawn."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, ha="center", va="center", fontsize=9, color="#888888")


def draw(points: Points, days: int, picture: Path) -> int:
    """Draws all widgets, each where the dashboard has it. Returns 1 if there is something that it can't show."""
    widgets = body(days)["widgets"]
    rows = max(widget["y"] + widget["height"] for widget in widgets)
    figure = pyplot.figure(figsize=(24 * INCHES[0], rows * INCHES[1]))
    drawn, unclear = set(), []
    for widget in widgets:
        left, bottom = widget["x"] / 24, 1 - (widget["y"] + widget["height"]) / rows
        axes = figure.add_axes((left + 0.03, bottom + 0.7 / rows, widget["width"] / 24 - 0.065,
                                (widget["height"] - 1.7) / rows))
        axes.set_title(widget["properties"]["title"], fontsize=10, loc="left", weight="bold")
        if widget["type"] == "log":
            draw_words(axes, "a table of log lines: connector, cause and remedy")
            continue
        drawn |= {name for namespace, name, *_ in metrics(widget) if namespace == OURS}
        unclear += [] if widget["properties"]["view"] == "singleValue" else alike(widget)
        (draw_numbers if widget["properties"]["view"] == "singleValue" else draw_graph)(axes, widget, points)
    figure.savefig(picture, dpi=80)
    missing = sorted(name for name in drawn if not points[name])
    print(f"{picture}: {len(widgets)} widgets, {len(drawn)} metrics" + (f", without values: {missing}" if missing else "") + (f", of one color: {unclear}" if unclear else ""))
    return 1 if missing or unclear else 0


if __name__ == "__main__":
    sys.exit(draw(emitted(Path(sys.argv[1])), int(sys.argv[3]) if len(sys.argv) > 3 else 0, Path(sys.argv[2])))
