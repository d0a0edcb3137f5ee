"""Asks DuckDB the chart and the needle over the same files, checks that it finds the same, and prints all figures.

    compare.py FIGURES PARTS REPEAT [--json FILE]

PARTS is the folder with the parts. DuckDB reads the gzip files as they are, newline-delimited JSON with the columns
that it needs given, which is its fastest way; a table of its own would have to be filled and kept first.
"""

import argparse
import json
import resource
import time

import duckdb

COLUMNS = """{eventTime: 'TIMESTAMP', eventID: 'VARCHAR', errorCode: 'VARCHAR', errorMessage: 'VARCHAR',
    responseElements: 'STRUCT(ConsoleLogin VARCHAR)', userIdentity: 'STRUCT(arn VARCHAR)'}"""
# The explorer's rules for CloudTrail: functions/lib/archive/src/fields/tables/cloudtrail.rs.
OUTCOME = """CASE WHEN responseElements.ConsoleLogin = 'Success' THEN 'success'
    WHEN responseElements.ConsoleLogin = 'Failure' THEN 'failure'
    WHEN coalesce(errorCode, errorMessage, '') <> '' THEN 'failure' ELSE 'success' END"""
CHART = f"""SELECT strftime(eventTime, '%Y-%m-%d') AS day, {OUTCOME} AS outcome, count(*)
    FROM {{events}} GROUP BY day, outcome ORDER BY day, outcome"""
NEEDLE = """SELECT eventID FROM {events}
    WHERE userIdentity.arn = 'arn:aws:iam::123837392027:user/intruder' ORDER BY eventTime DESC"""


def ask(parts, threads, repeat):
    """The seconds of both questions, and their answers. The files may be in the page cache: ours are too."""
    database = duckdb.connect()
    if threads:
        database.execute(f"SET threads = {threads}")
    events = (
        f"read_json('{parts}/*/*.data', format = 'newline_delimited', compression = 'gzip', columns = {COLUMNS},"
        " maximum_object_size = 4194304)"
    )
    took, answers = {}, {}
    for name, query in (("chart", CHART), ("needle", NEEDLE)):
        took[name] = []
        for _ in range(repeat):
            started = time.monotonic()
            answers[name] = database.execute(query.format(events=events)).fetchall()
            took[name].append(time.monotonic() - started)
    return took, answers


def check(figures, answers):
    """Both must find the same."""
    asking = figures["asking"]
    chart = [tuple(count) for count in asking["chart"]]
    assert sorted(chart) == sorted(answers["chart"]), "the charts differ"
    assert sum(count for _, _, count in chart) == figures["events"], "the chart has not all events"
    assert asking["needle"] == [row[0] for row in answers["needle"]], "the needles differ"


def table(figures):
    """The lines of the table of tests/explorer/README.md."""
    alone, indexes, asking = figures["alone"], figures["indexes"], figures["asking"]
    mb = 1e6
    yield f"{figures['events']:,} events, {figures['parts']:,} parts: {figures['raw_bytes'] / mb:,.0f} MB of JSON,"
    yield f"{figures['stored_bytes'] / mb:,.0f} MB as gzip"
    yield ""
    yield "| question | p50 ms | p95 ms | max ms | processor ms | GET | LIST | KB | reads | RRU | USD for 1,000 |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for kind in asking["kinds"]:
        asked = kind["asked"]
        cut = f" ({kind['cut']} of {kind['times']} ended by the budget)" if kind["cut"] else ""
        yield (
            f"| {kind['name']}{cut} | {kind['p50_ms']:.0f} | {kind['p95_ms']:.0f} | {kind['max_ms']:.0f} |"
            f" {kind['processor_ms']:.0f} | {asked['gets']:,} | {asked['lists']} | {asked['bytes'] / 1e3:,.0f} |"
            f" {asked['ledger_requests']:,} | {asked['read_units']:,} | {kind['usd'] * 1000:.3f} |"
        )
    yield ""
    yield "| what | figure |"
    yield "|---|---:|"
    yield f"| memory of the reader: before the first question, at most | {asking['memory_before_mb']:.0f}, {asking['memory_mb']:.0f} MB |"
    yield f"| index builder, one core, a part of {alone['part_bytes'] / mb:.1f} MB gzip | {alone['events_per_second']:,.0f} events/s |"
    yield f"| all indexes and roll-ups by the reader, stand-ins beside it | {figures['events'] / max(indexes['seconds'], 0.1):,.0f} events/s |"
    for name, sizes in (("up to 1 MiB", indexes["small"]), ("over 1 MiB", indexes["large"])):
        if sizes["parts"]:
            share = sizes["index_bytes"] * 100 / sizes["part_bytes"]
            greatest = sizes["index_bytes_max"]
            most = f"{indexes['large_percent']:.1f} %" if name == "over 1 MiB" else f"{greatest:,} bytes"
            yield f"| index of {sizes['parts']:,} parts {name}: all together, the greatest | {share:.1f} %, {most} |"
    yield f"| roll-ups of {indexes['days']} days: mean, the greatest | {indexes['day_bytes'] / max(indexes['days'], 1) / 1e3:.0f} KB, {indexes['day_bytes_max'] / 1e3:.0f} KB |"
    ours = {"chart": "chart: 90 days by day and outcome", "needle": "needle: an actor with 3 events"}
    for peer in figures["duckdb"]:
        for name, seconds in peer["seconds"].items():
            kind = next(kind for kind in asking["kinds"] if kind["name"] == ours[name])
            ratio = min(seconds) * 1e3 / kind["p50_ms"]
            yield (
                f"| DuckDB {figures['duckdb_version']}, {peer['threads']}, the same {name}: first, best |"
                f" {seconds[0]:.1f}, {min(seconds):.1f} s ({ratio:,.0f} times ours) |"
            )
    yield f"| DuckDB, memory at most | {figures['duckdb_memory_mb']:.0f} MB |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("figures")
    parser.add_argument("parts")
    parser.add_argument("repeat", type=int)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with open(arguments.figures, encoding="utf-8") as file:
        figures = json.load(file)
    figures["duckdb_version"], figures["duckdb"] = duckdb.__version__, []
    for threads, name in ((None, "all cores"), (1, "one thread")):
        seconds, answers = ask(arguments.parts, threads, arguments.repeat)
        check(figures, answers)
        figures["duckdb"].append({"threads": name, "seconds": seconds})
    figures["duckdb_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("\n".join(table(figures)))
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


main()
