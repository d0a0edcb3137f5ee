"""Finds the functions of a program that compute SHA-256, by the constants in them: a deployed program has no symbols.

Valgrind's processor has no SHA-256 instructions, so the library computes it in software, with ten times as many
instructions as in production. Included in a sum they would hide everything else.
"""

import bisect
import struct

# The constants of the first rounds. Source: FIPS 180-4, section 4.2.2.
ROUNDS = [struct.pack("<I", word) for word in (0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5)]
# Segments of an ELF file. Source: Linux Standard Base, core, "Program header".
LOADED, FUNCTIONS = 1, 0x6474E550


class Program:
    """A 64-bit ELF file with unwind tables, which list where its functions start."""

    def __init__(self, content):
        self.content = content
        (table,), (size, count) = struct.unpack_from("<Q", content, 32), struct.unpack_from("<HH", content, 54)
        self.loaded, self.starts = [], []
        headers = [struct.unpack_from("<IIQQQQ", content, table + number * size) for number in range(count)]
        for kind, _, offset, address, _, length in headers:
            if kind == LOADED:
                self.loaded.append((address, offset, length))
            if kind == FUNCTIONS:
                self.starts = list(starts(content, offset, address))
        # The constants in sequence, or each one repeated once per vector lane.
        self.tables = set(self.places(b"".join(ROUNDS))) | set(self.places(ROUNDS[0] * 4))

    def places(self, pattern):
        """The addresses of a pattern."""
        place = self.content.find(pattern)
        while place >= 0:
            yield from (address + place - offset for address, offset, length in self.loaded
                        if offset <= place < offset + length)
            place = self.content.find(pattern, place + 1)

    def hashed(self, counts):
        """How many of the executed instructions, {address: count}, belong to functions that compute SHA-256."""
        functions = {}
        for address, count in counts.items():
            place = bisect.bisect_right(self.starts, address)
            functions[place] = functions.get(place, 0) + count
        return sum(count for place, count in functions.items() if self.hashes(place))

    def hashes(self, place):
        """Whether the function at that index contains the constants, or their address."""
        if not 0 < place < len(self.starts):
            return False
        start, end = self.starts[place - 1:place + 1]
        code = next((self.content[offset + start - address:offset + end - address]
                     for address, offset, length in self.loaded if address <= start < address + length), b"")
        return all(word in code for word in ROUNDS) or any(
            start + at + 4 + distance in self.tables
            for at in range(len(code) - 3) for (distance,) in [struct.unpack_from("<i", code, at)])


def starts(content, offset, address):
    """Where functions start, in order.

    Source: Linux Standard Base, core, "Exception Frames", the section `.eh_frame_hdr`: four bytes that define
    the encoding, the address of the frames, their number, and pairs of a start and a frame, each relative to the
    section's own address.
    """
    if content[offset:offset + 4] != b"\x01\x1b\x03\x3b":
        raise ValueError("the program has an unexpected .eh_frame_hdr encoding")
    (count,) = struct.unpack_from("<I", content, offset + 8)
    for number in range(count):
        yield address + struct.unpack_from("<i", content, offset + 12 + 8 * number)[0]
