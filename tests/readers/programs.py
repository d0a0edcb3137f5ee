"""The readers: how to start each, which files it reads, and what it prints."""

import dataclasses
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).parent
GZIP = (".json.gz", ".ndjson.gz")
ZSTD = (".json.zst", ".ndjson.zst")
LINES = (".ndjson", ".ndjson.gz", ".ndjson.zst")
EVERY = (".json", *GZIP, *ZSTD, ".ndjson")

# Prints the uncompressed content of a file.
CONTENT = "content"
# Prints the ID of each event, one per line.
IDS = "ids"


@dataclasses.dataclass(frozen=True)
class Reader:
    """A program that reads files; `{}` in its arguments is the file."""

    name: str
    prints: str
    takes: tuple
    arguments: list
    # Programs and modules that a machine may lack.
    needs: tuple = ()
    # All others must be installed in CI.
    may_lack: bool = False

    def command(self, file):
        return [str(file) if word == "{}" else word for word in self.arguments]

    def lacks(self):
        """The first missing program, or None."""
        return next((need for need in self.needs if shutil.which(need) is None), None)


def python(text):
    return [sys.executable, "-c", text, "{}"]


def node(text):
    return ["node", "--input-type=commonjs", "-e", text, "{}"]


def content(name, takes, arguments, *needs, may_lack=False):
    return Reader(name, CONTENT, takes, arguments, needs, may_lack)


def ids(name, takes, arguments, *needs):
    return Reader(name, IDS, takes, arguments, needs)


JQ = '(if type == "array" then .[] else . end) | .eventID // .id'
COLUMNS = "columns = {eventID: 'VARCHAR', id: 'VARCHAR'}"
DUCKDB = f"""
import duckdb, sys
rows = duckdb.execute("SELECT coalesce(eventID, id) FROM read_json(?, {COLUMNS})", [sys.argv[1]]).fetchall()
print("\\n".join(row[0] for row in rows))
"""
POLARS = """
import polars, sys
read = polars.read_json if sys.argv[1].endswith(".json") else polars.read_ndjson
rows = read(sys.argv[1], schema={"eventID": polars.String, "id": polars.String})
print("\\n".join(rows.select(polars.coalesce("eventID", "id")).to_series()))
"""
PYARROW = """
import pyarrow, sys
from pyarrow import compute, json
fields = pyarrow.schema([("eventID", pyarrow.string()), ("id", pyarrow.string())])
shape = json.ParseOptions(explicit_schema=fields, unexpected_field_behavior="ignore")
rows = json.read_json(sys.argv[1], parse_options=shape)
print("\\n".join(compute.coalesce(rows["eventID"], rows["id"]).to_pylist()))
"""
PYARROW_STREAM = """
import pyarrow, sys
with pyarrow.input_stream(sys.argv[1]) as file:
    sys.stdout.buffer.write(file.read())
"""
ZSTANDARD = """
import sys, zstandard
with zstandard.open(sys.argv[1], "rb") as file:
    sys.stdout.buffer.write(file.read())
"""
NODE_STREAM = """
const chunks = new Blob([require("fs").readFileSync(process.argv[1])]).stream().pipeThrough(new DecompressionStream("gzip"));
new Response(chunks).arrayBuffer().then((text) => process.stdout.write(Buffer.from(text)));
"""
GUNZIP_SYNC = 'process.stdout.write(require("zlib").gunzipSync(require("fs").readFileSync(process.argv[1])))'
FFLATE = 'process.stdout.write(require("fflate").gunzipSync(require("fs").readFileSync(process.argv[1])))'
PAKO = 'process.stdout.write(require("pako").ungzip(require("fs").readFileSync(process.argv[1])))'
RUBY = ["ruby", "-rzlib", "-e"]
PERL = 'binmode STDOUT; gunzip $ARGV[0] => \\*STDOUT or die $GunzipError'

READERS = (
    content("zcat", GZIP, ["zcat", "{}"], "zcat"),
    content("Ruby GzipReader#read", GZIP, [*RUBY, "$stdout.binmode.write Zlib::GzipReader.open(ARGV[0], &:read)", "{}"], "ruby"),
    content("Ruby Zlib.gunzip", GZIP, [*RUBY, "$stdout.binmode.write Zlib.gunzip(File.binread(ARGV[0]))", "{}"], "ruby"),
    content("PHP gzdecode", GZIP, ["php", "-d", "memory_limit=-1", "-r", "echo gzdecode(file_get_contents($argv[1]));", "{}"], "php"),
    content("Perl IO::Uncompress::Gunzip", GZIP, ["perl", "-MIO::Uncompress::Gunzip=gunzip,$GunzipError", "-e", PERL, "{}"], "perl"),
    content("Python zlib.decompress", GZIP, python("import sys, zlib; sys.stdout.buffer.write(zlib.decompress(open(sys.argv[1], 'rb').read(), 31))")),
    content("Python gzip", GZIP, python("import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())")),
    content("Node gunzipSync", GZIP, node(GUNZIP_SYNC), "node"),
    content("Node DecompressionStream", GZIP, node(NODE_STREAM), "node"),
    content("fflate gunzipSync", GZIP, node(FFLATE), "node"),
    content("pako ungzip", GZIP, node(PAKO), "node"),
    content("Java GZIPInputStream", GZIP, ["java", str(HERE / "Gunzip.java"), "{}"], "java", "javac", may_lack=True),
    content("zstd -d", ZSTD, ["zstd", "-dcq", "{}"], "zstd"),
    content("python-zstandard, streaming", ZSTD, python(ZSTANDARD)),
    content("pyarrow, streaming", (*GZIP, *ZSTD), python(PYARROW_STREAM)),
    ids("pyarrow read_json", LINES, python(PYARROW)),
    ids("polars", (".json", *LINES), python(POLARS)),
    ids("DuckDB read_json", EVERY, python(DUCKDB)),
    ids("jq", (".json", ".ndjson"), ["jq", "-r", JQ, "{}"], "jq"),
)
