"""Valgrind's callgrind counts the instructions that a client runs, by their addresses.

The version is pinned, because another one may emulate another processor. Where it is not installed Debian's package
is fetched and unpacked, which needs no rights.
"""

import hashlib
import io
import lzma
import os
import pathlib
import platform
import shutil
import subprocess
import tarfile
import urllib.request

VERSION = "3.19.0"
PACKAGE = "https://deb.debian.org/debian/pool/main/v/valgrind/valgrind_3.19.0-1_amd64.deb"
SHA256 = "324842f2308a1e42abf2d81ff5eb19a9475fc9db95647f4d9da71444eda4087f"


class Unavailable(Exception):
    """There is no valgrind of this version to be had."""


class Callgrind:
    """Runs clients, one after the other."""

    def __init__(self, folder):
        self.file = folder / "callgrind.out"
        self.program, self.settings = installed() or unpacked()

    def command(self):
        """What stands before a client's own command."""
        self.file.unlink(missing_ok=True)
        return [self.program, "--tool=callgrind", "--dump-instr=yes", "--compress-pos=no",
                f"--callgrind-out-file={self.file}"]

    def counted(self):
        """The instructions of the exporter that ran last: all, and how often each of its own ran, by address."""
        return by_address(self.file.read_text(), os.environ["BENCH_EXPORTER"])


def installed():
    """Valgrind of this version as it is on the path, and the settings that it needs."""
    program = shutil.which("valgrind")
    asked = program and subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (program, {}) if asked and asked.stdout.strip() == f"valgrind-{VERSION}" else None


def unpacked():
    """The package, unpacked where this script's other tools are."""
    if platform.machine() != "x86_64":
        raise Unavailable(f"valgrind {VERSION} is not on the path, and what could be fetched is for x86_64")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    home = cache / "auditferry-ci" / f"valgrind-{VERSION}"
    if not (home / "complete").exists():
        try:
            with urllib.request.urlopen(PACKAGE, timeout=60) as answer:
                package = answer.read()
        except OSError as error:
            raise Unavailable(f"valgrind {VERSION} is not on the path, and {PACKAGE} is out of reach: {error}") from error
        if hashlib.sha256(package).hexdigest() != SHA256:
            raise Unavailable(f"{PACKAGE} is not the package that it was")
        with tarfile.open(fileobj=io.BytesIO(lzma.decompress(member(package, b"data.tar.xz")))) as content:
            content.extractall(home, filter="data")
        (home / "complete").touch()
    return str(home / "usr/bin/valgrind.bin"), {"VALGRIND_LIB": str(home / "usr/libexec/valgrind")}


def member(archive, name):
    """A file of an `ar` archive, which a Debian package is (deb(5))."""
    place = len(b"!<arch>\n")
    while place < len(archive):
        header, size = archive[place:place + 60], int(archive[place + 48:place + 58])
        if header[:16].rstrip().rstrip(b"/") == name:
            return archive[place + 60:place + 60 + size]
        place += 60 + size + size % 2
    raise Unavailable(f"the package holds no {name.decode()}")


def by_address(text, program):
    """Sums a profile up: all instructions, and how often each one of a program ran, by its address in the file.

    Source: Valgrind user manual, "Callgrind Format Specification".
    """
    names, counts, total, sum_read = {}, {}, None, 0
    is_its, is_call = False, False
    for line in text.splitlines():
        if line.startswith("0x"):
            if not is_call:
                address, _, count = line.split()
                sum_read += int(count)
                if is_its:
                    counts[int(address, 16)] = counts.get(int(address, 16), 0) + int(count)
            is_call = False
        elif line.startswith("calls="):
            # The line behind it is what the call took, and is told where that was spent.
            is_call = True
        elif line.startswith(("ob=", "cob=")):
            # A name is told once, and is a number after that.
            number, _, name = line.partition("=")[2].partition(" ")
            name = names.setdefault(number, name)
            if line.startswith("ob="):
                is_its = name == program
        elif line.startswith("totals:"):
            total = int(line.split()[1])
    if total != sum_read or not counts:
        raise ValueError(f"the profile's sum is {total}, and {sum_read} was read")
    return total, counts
