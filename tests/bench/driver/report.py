"""What was measured, as tables and plots."""

import re

import plot
from clients import NAMES
from plan import LATENCY_MS
from targets import MEMORY_MB
from world import HERE

STEPS = {
    "memcpy": "memcpy alone", "hashing": "SHA-256 alone", "gzip": "gzip alone: zlib-rs", "zstd": "zstd alone",
}
START, END = "<!-- figures: written by tests/bench/run --readme -->", "<!-- end of the figures -->"


# USD for a million requests in us-east-1, by the price lists of DynamoDB (on demand), S3 and EventBridge: reads of at
# most 4 KB and writes of at most 1 KB, and a seal of two writes at the double price of a transaction.
PRICES = {
    "dynamodb GetItem": 0.125, "dynamodb Query": 0.125, "dynamodb Query events": 0.125,
    "dynamodb UpdateItem": 0.625, "dynamodb PutItem": 0.625, "dynamodb TransactWriteItems": 4 * 0.625,
    "s3 PutObject": 5.0, "s3 PutObjectTagging": 5.0, "s3 GetObject": 0.4, "events PutEvents": 1.0,
}
# USD for a second of a Lambda of 1,769 MB on x86_64.
LAMBDA_SECOND = 1769 / 1024 * 0.0000166667


def text(results):
    return "\n\n".join(section for section in sections(results) if section)


def write(results):
    """Writes the figures into both READMEs, and the plots."""
    folder = HERE / "plots"
    folder.mkdir(exist_ok=True)
    drawn = plots(results["parts"])
    for name, picture in drawn.items():
        (folder / f"{name}.svg").write_text(picture)
    into(HERE / "README.md", text(results) + "".join(f"\n\n![{name}](plots/{name}.svg)" for name in drawn))
    into(HERE.parent.parent / "README.md", short(results))


def into(file, figures):
    """Replaces the figures between the markers of a file, if it has them."""
    content = file.read_text()
    if START in content:
        before, rest = content.split(START, 1)
        file.write_text(f"{before}{START}\n\n{figures}\n\n{END}{rest.split(END, 1)[1]}")


def short(results):
    """The table of the root README: every client at the largest common size."""
    rows = common(results["parts"].get("clients", {}).get("rows", []))
    if not rows:
        return ""
    ours = next(row for row in rows if row["client"] == "exporter")
    head = ["client", "events/s on one core", "processor time", "peak memory"]
    lines = [[NAMES[row["client"]], f"{rate(row):,.0f}", f"{row['cpu_s'] / ours['cpu_s']:.1f} x",
              f"{row['peak_mb']:.0f} MB"] for row in rows]
    machine = results["machine"]
    words = (f"{ours['events']:,} real events as native maps, gzip, whole exports on one core ("
             f"{machine['processor']}); the exporter's includes staging, sealing, signing and delivery.")
    plot = "![events per second by client](tests/bench/plots/clients.svg)"
    return f"{table(head, lines)}\n\n{words}\n\n{plot}"


def sections(results):
    parts = results["parts"]
    yield head(results)
    yield judged(results.get("targets", []))
    yield throughput("Every client", parts.get("clients"))
    yield throughput("Shapes and compressions", parts.get("shapes"))
    yield throughput("Sizes", parts.get("sizes"))
    yield throughput("The endpoint's ceiling: pages received and dropped", parts.get("ceiling"))
    yield distances(parts.get("distances"))
    yield quiet(parts.get("quiet"))
    yield start(parts.get("start"))
    yield walls("The first export of a process over TLS, 1,000 events", parts.get("tls"), "requests")
    yield walls(f"With {LATENCY_MS} ms per response", parts.get("latency"), "compression")
    yield walls(f"By shards, with {LATENCY_MS} ms per response", parts.get("shards"), "shards")


def head(results):
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    times = [part["at"] for part in results["parts"].values()]
    loads = [part["load"] for part in results["parts"].values()]
    commits = ", ".join(sorted({part["commit"] for part in results["parts"].values()}))
    return (f"Measured {min(times)} to {max(times)} at commit {commits} on {machine['cores']} cores ("
            f"{machine['processor']}), {machine['memory_gb']} GB, {machine['system']}; the load was at most "
            f"{max(loads):.1f} (2 to 3 is the benchmark's own). {versions}.")


def judged(targets):
    if not targets:
        return ""
    lines = [[target["target"], f"{target['rule']} {target['limit']:g} {target['unit']}",
              f"{target['measured']:.2f} {target['unit']}", "met" if target["met"] else "**missed**"]
             for target in targets]
    return "### Targets\n\n" + table(["target", "required", "measured", ""], lines)


def throughput(title, part):
    if not part:
        return ""
    columns = ["client", "events", "shape", "compression", "events/s", "CPU s per million", "range", "wire MB/s",
               "peak MB", "output MB", "requests", "rounds"]
    lines = []
    for row in part["rows"]:
        million = 1e6 / row["events"]
        low, high = (value * million for value in row["cpu_s_range"])
        lines.append([
            name(row), f"{row['events']:,}", row["shape"], row["compression"], f"{rate(row):,.0f}",
            f"{row['cpu_s'] * million:.2f}", f"{low:.2f} to {high:.2f}",
            f"{row['page_bytes'] / 1e6 / row['cpu_s']:,.0f}", f"{row['peak_mb']:.0f}",
            f"{row['object_bytes'] / 1e6:.1f}", sum(row["requests"].values()), row["rounds"],
        ])
    return f"### {title}\n\n" + table(columns, lines)


def distances(part):
    if not part:
        return ""
    whole = next(row for row in part["rows"] if row["client"] == "exporter" and row["compression"] == "gzip")
    lines = []
    for row in part["rows"]:
        million = 1e6 / row["events"]
        low, high = (value * million for value in row["cpu_s_range"])
        step = STEPS.get(row.get("alone"))
        what = step or (name(row) if row.get("drop") else f"{name(row)}, {row['compression']}")
        lines.append([what, f"{row['cpu_s'] * million:.2f}", f"{low:.2f} to {high:.2f}",
                      f"{100 * row['cpu_s'] / whole['cpu_s']:.0f} %", row["rounds"]])
    words = (f"Processor time of the same {whole['events']:,} events. Single steps run on the lines in memory, in "
             "the exporter's blocks and at its levels; hashing is done once, but an export hashes both the content and the "
             "file.")
    columns = ["what", "CPU s per million", "range", "of the exporter's gzip", "rounds"]
    return f"### The distance to the limit\n\n{words}\n\n{table(columns, lines)}"


def quiet(part):
    if not part:
        return ""
    lines = []
    for row in part["rows"]:
        each = row["connectors"]
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(row["requests"].items()))
        requests = sum(PRICES.get(kind, 0) * count for kind, count in row["requests"].items()) / 1e6
        thousand = [f"{1000 * usd / each:.4f}" for usd in (requests, row["cpu_s"] * LAMBDA_SECOND)]
        lines.append([each, row["latency_ms"], f"{sum(row['requests'].values()) / each:.1f}",
                      f"{row['cpu_s'] * 1000 / each:.1f}", f"{row['wall_s'] * 1000:.0f}", f"{row['peak_mb']:.0f}", *thousand, kinds])
    columns = ["connectors", "ms per response", "requests per connector", "CPU ms per connector", "wall ms, the batch",
               "peak MB", "USD of 1,000: requests", "processor", "all requests"]
    words = ("Each batch runs in a new process, its start included. USD by the public prices of us-east-1; uploads to the "
             "customer's bucket are included, though the customer pays for them.")
    return f"### An export without events\n\n{words}\n\n{table(columns, lines)}"


def start(part):
    if not part:
        return ""
    lines = [[NAMES[row["client"]], f"{row['start_ms']:.1f}", " to ".join(f"{ms:.1f}" for ms in row["start_ms_range"]),
              row["rounds"]] for row in part["rows"]]
    return "### From the start to the first request for work\n\n" + table(["client", "ms", "range", "rounds"], lines)


def walls(title, part, by):
    if not part:
        return ""
    lines = []
    for row in part["rows"]:
        what = sum(row["requests"].values()) if by == "requests" else row[by]
        span = " to ".join(f"{ms * 1000:,.0f}" for ms in row["wall_s_range"])
        lines.append([name(row), f"{row['events']:,}", what, f"{row['wall_s'] * 1000:,.0f}", span,
                      f"{row['cpu_s'] * 1000:,.0f}", row["requests"].get("dynamodb Query events", 0), row["rounds"]])
    columns = ["client", "events", by, "wall ms", "range", "CPU ms", "pages", "rounds"]
    return f"### {title}\n\n" + table(columns, lines)


def name(row):
    return "reading alone: raw HTTP, each page dropped" if row.get("drop") else NAMES[row["client"]]


def plots(parts):
    drawn = {}
    rows = common(parts.get("clients", {}).get("rows", []))
    if rows:
        plain = lambda client: re.sub(r"\*", "", NAMES[client])
        bars = [(plain(row["client"]), rate(row), row["client"] == "exporter") for row in rows]
        title = f"Events per second on one core: {rows[0]['events']:,} native maps, gzip"
        drawn["clients"] = plot.bars(title, bars, "events per second of processor time")
    # The limit keeps its whole file in memory: its line would be meaningless.
    sizes = [row for row in parts.get("sizes", {}).get("rows", []) if row["client"] == "exporter"]
    if len(sizes) > 1:
        line, limit = [(row["events"], row["peak_mb"]) for row in sizes], (MEMORY_MB, f"target, {MEMORY_MB} MB")
        drawn["memory"] = plot.lines("Peak memory by size of the window", {"exporter": line}, "events", "MB", limit)
    line = [(row["shards"], row["wall_s"]) for row in parts.get("shards", {}).get("rows", [])]
    if len(line) > 1:
        series = {"wall time": line, "processor": [
            (row["shards"], row["cpu_s"]) for row in parts["shards"]["rows"]]}
        title = f"Time by shards, {LATENCY_MS} ms per response"
        drawn["shards"] = plot.lines(title, series, "shards", "seconds")
    return drawn


def common(rows):
    """The rows of the largest size common to all clients."""
    clients = {row["client"] for row in rows}
    sizes = sorted({row["events"] for row in rows}, reverse=True)
    for size in sizes:
        here = [row for row in rows if row["events"] == size]
        if len(here) == len(clients):
            return sorted(here, key=rate, reverse=True)
    return []


def rate(row):
    """Events per second of processor time, of one core."""
    return row["events"] / row["cpu_s"]


def table(columns, lines):
    rows = ["| " + " | ".join(columns) + " |", "|" + "|".join("---" for _ in columns) + "|"]
    return "\n".join(rows + ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines])
