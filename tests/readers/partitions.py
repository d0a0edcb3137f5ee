"""Checks what README says about an event's own field `date`, which the folder's `date=` hides from some readers."""

import gzip
import pathlib
import subprocess
import sys
import tempfile

FOLDER, OWN = "2026-01-01", "the event's own"
EVENT = f'{{"id":"1","date":"{OWN}"}}\n'

DUCKDB = "import duckdb; print(duckdb.sql(\"SELECT date FROM read_json('{}/*/*.json.gz'%s)\").fetchall()[0][0])"
POLARS = "import polars; print(polars.read_ndjson('{}/*/*.json.gz')['date'][0])"
PYARROW = (
    "from pyarrow import dataset; "
    "print(dataset.dataset('{}', format='json'%s).to_table()['date'][0].as_py())"
)

# How each reader is called in README, and which date it then reads. `{}` is the folder that contains the `date=` folders.
CALLS = (
    ("DuckDB", DUCKDB % "", FOLDER),
    ("DuckDB, hive_partitioning = false", DUCKDB % ", hive_partitioning = false", OWN),
    ("polars", POLARS, OWN),
    ("pyarrow", PYARROW % "", OWN),
    ('pyarrow, partitioning="hive"', PYARROW % ", partitioning='hive'", FOLDER),
)


def own_date():
    """Reads an event with its own date in each reader; returns the differences to README."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        part = pathlib.Path(folder) / f"date={FOLDER}"
        part.mkdir()
        (part / "part.json.gz").write_bytes(gzip.compress(EVENT.encode()))
        for reader, program, expected in CALLS:
            done = subprocess.run([sys.executable, "-c", program.replace("{}", folder)], capture_output=True, check=False)
            date = done.stdout.decode().strip() or done.stderr.decode(errors="replace").strip()
            print(f"{reader}: an event's own date {'is read' if date == OWN else 'is not read'}")
            if date != expected:
                wrong.append(f"{reader}: the date is `{date}`, and README says `{expected}`")
    return wrong
