"""Valgrind's callgrind counts the instructions that a client runs, by their addresses.

The version is pinned, because another one may emulate another processor. If it is not installed, Debian's package
is downloaded and unpacked, which needs no root.
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
    """Valgrind of this version is not available."""


class Callgrind:
    """Runs clients under callgrind, one after the other."""

    def __init__(self, folder):
        self.file = folder / "callgrind.out"
        self.program, self.settings = installed() or unpacked()

    def command(self):
        """The prefix of a client's command."""
        self.file.unlink(missing_ok=True)
        return [self.program, "--tool=callgrind", "--dump-instr=yes", "--compress-pos=no",
                f"--callgrind-out-file={self.file}"]

    def counted(self):
        """The instructions of the last exporter run: the total, and the counts of its own, by address."""
        return by_address(self.file.read_text(), os.environ["BENCH_EXPORTER"])


def installed():
    """The valgrind of this version in PATH, with the environment that it needs; None without it."""
    program = shutil.which("valgrind")
    found = program and subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (program, {}) if found and found.stdout.strip() == f"valgrind-{VERSION}" else None


def unpacked():
    """The package, unpacked into the cache of this script's tools."""
    if platform.machine() != "x86_64":
        raise Unavailable(f"valgrind {VERSION} is not in PATH, and the downloadable package is for x86_64")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    home = cache / "auditferry-ci" / f"valgrind-{VERSION}"
    if not (home / "complete").exists():
        try:
            with urllib.request.urlopen(PACKAGE, timeout=60) as answer:
                package = answer.read()
        except OSError as error:
            raise Unavailable(f"valgrind {VERSION} is not in PATH, and {PACKAGE} can't be downloaded: {error}") from error
        if hashlib.sha256(package).hexdigest() != SHA256:
            raise Unavailable(f"{PACKAGE} has an unexpected SHA-256")
        with tarfile.open(fileobj=io.BytesIO(lzma.decompress(member(package, b"data.tar.xz")))) as content:
            content.extractall(home, filter="data")
        (home / "complete").touch()
    return str(home / "usr/bin/valgrind.bin"), {"VALGRIND_LIB": str(home / "usr/libexec/valgrind")}


def member(archive, name):
    """A file of an `ar` archive, the format of Debian packages (deb(5))."""
    offset = len(b"!<arch>\n")
    while offset < len(archive):
        header, size = archive[offset:offset + 60], int(archive[offset + 48:offset + 58])
        if header[:16].rstrip().rstrip(b"/") == name:
            return archive[offset + 60:offset + 60 + size]
        offset += 60 + size + size % 2
    raise Unavailable(f"the package does not contain {name.decode()}")


def by_address(text, program):
    """Sums up a profile: the total, and the count of each instruction of a program, by its address in the file.

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
            # The next line is the inclusive cost of the call, which is also listed in the callee.
            is_call = True
        elif line.startswith(("ob=", "cob=")):
            # A name is defined once, and referenced by its number after that.
            number, _, name = line.partition("=")[2].partition(" ")
            name = names.setdefault(number, name)
            if line.startswith("ob="):
                is_its = name == program
        elif line.startswith("totals:"):
            total = int(line.split()[1])
    if total != sum_read or not counts:
        raise ValueError(f"the profile's total is {total}, but its lines add up to {sum_read}")
    return total, counts
