"""Checks the build against its limits: processor, C library and size, and the size against the stored one.

`ceilings.py FOLDER ARCHITECTURE`, FOLDER being what `sam build` made. Exits with 1 if a ceiling is broken, or if a
function has grown by more than 5 %, or if the built template declares another processor for a function than its program
is for. With `--store` behind that the sizes are stored, to hold later ones against.
"""

import io
import re
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import stored

# Amazon Linux 2023, on which `provided.al2023` runs, has glibc 2.34.
# Source: Amazon Linux 2023 user guide, "Comparing AL2 and AL2023", glibc.
NEWEST_GLIBC = (2, 34)
# A cold start loads the whole package. The largest, the exporter, has about half of this.
MOST_ZIPPED = 6_000_000
SIZES = Path(__file__).with_name("sizes.json")
# e_machine of an ELF file. Source: System V ABI, chapter 4, and its processor supplements.
MACHINES = {"x86_64": 62, "arm64": 183}


def zipped(program: bytes) -> int:
    """How many bytes SAM uploads."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bootstrap", program)
    return packed.tell()


def glibc(program: bytes) -> tuple[int, int]:
    """The newest version of the C library that the program names, as in `GLIBC_2.30`."""
    versions = {(int(major), int(minor)) for major, minor in re.findall(rb"\bGLIBC_(\d+)\.(\d+)", program)}
    return max(versions, default=(0, 0))


def broken(name: str, program: bytes, architecture: str) -> list[str]:
    """What is wrong with one function's program; its figures are printed."""
    if program[:4] != b"\x7fELF":
        return [f"{name} is not an ELF file"]
    (machine,) = struct.unpack_from("<H", program, 18)
    newest, size = glibc(program), zipped(program)
    print(f"{name:<12} {len(program):>10,} bytes, zipped {size:>9,}, glibc {newest[0]}.{newest[1]}")
    wrong = []
    if machine != MACHINES[architecture]:
        wrong.append(f"{name} is for machine {machine}, not for {architecture}")
    if newest > NEWEST_GLIBC:
        wrong.append(f"{name} wants glibc {newest[0]}.{newest[1]}; Lambda has {NEWEST_GLIBC[0]}.{NEWEST_GLIBC[1]}")
    if size > MOST_ZIPPED:
        wrong.append(f"{name} has {size:,} bytes zipped; {MOST_ZIPPED:,} are the most")
    return wrong


def misdeclared(programs: Mapping[str, bytes], template: Mapping[str, Any]) -> list[str]:
    """The functions whose programs are for another processor than the template declares: Lambda could not start them.

    Source: AWS SAM developer guide, "AWS::Serverless::Function", Architectures; without any it is x86_64.
    """
    everywhere = template.get("Globals", {}).get("Function", {}).get("Architectures", ["x86_64"])
    wrong = []
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        if name not in programs:
            wrong.append(f"{name} is not built")
            continue
        declared = resource["Properties"].get("Architectures", everywhere)
        (machine,) = struct.unpack_from("<H", programs[name], 18)
        if [MACHINES.get(str(one)) for one in declared] != [machine]:
            wrong.append(f"{name} is declared for {', '.join(map(str, declared))}, and built for machine {machine}")
    return wrong


def built_template(folder: Path) -> dict[str, Any]:
    """The template that `sam build` wrote."""
    # The reader of templates is shared with the tests of the policies; a caller without a template doesn't need it.
    sys.path.append(str(Path(__file__).parents[1] / "policies"))
    from cloudformation import load

    return load(folder / "template.yaml")


def grown(sizes: dict[str, int], architecture: str) -> list[str]:
    """What has grown since sizes were stored; another compiler produces other programs."""
    why = stored.unchecked(SIZES, architecture, {"rustc": stored.rustc()})
    if why:
        print(f"NOT CHECKED: growth of the functions ({why})")
        return []
    return stored.check(SIZES, architecture, sizes, f"tests/deploy/run store {architecture}")


def main(folder: Path, architecture: str, is_to_store: bool) -> int:
    """Checks all functions of the build."""
    programs = {file.parent.name: file.read_bytes() for file in sorted(folder.glob("*/bootstrap"))}
    wrong = [] if programs else [f"nothing is built in {folder}"]
    for name, program in programs.items():
        wrong += broken(name, program, architecture)
    wrong += misdeclared(programs, built_template(folder))
    sizes = {name: zipped(program) for name, program in programs.items()}
    if is_to_store and not wrong:
        stored.store(SIZES, architecture, {"rustc": stored.rustc()}, sizes)
    else:
        wrong += grown(sizes, architecture)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:] == ["--store"]))
