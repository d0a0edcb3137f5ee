"""Tests the parsing of a profile, and the detection of SHA-256 functions."""

import struct
import unittest

import hashing
import valgrind

PROFILE = """\
cmd:  /built/bootstrap
positions: instr line
ob=(1) /usr/lib/libc.so.6
fn=(1) malloc
0x10 0 7

ob=(2) /built/bootstrap
fn=(2) 0x1000
0x1000 0 5
0x1004 0 5
cob=(1)
cfn=(1)
calls=5 0x10 0
0x1004 0 7

ob=(1)
0x10 0 3

ob=(2)
fn=(3) 0x2000
0x1000 0 2
totals: 22
"""


class Profile(unittest.TestCase):
    def test_what_a_function_calls_is_counted_where_it_ran_and_nowhere_else(self):
        total, counts = valgrind.by_address(PROFILE, "/built/bootstrap")
        self.assertEqual((total, counts), (22, {0x1000: 7, 0x1004: 5}))

    def test_a_profile_that_does_not_add_up_is_refused(self):
        for text, program in [(PROFILE.replace("totals: 22", "totals: 29"), "/built/bootstrap"), (PROFILE, "/other")]:
            with self.assertRaises(ValueError):
                valgrind.by_address(text, program)


class Hashing(unittest.TestCase):
    def test_functions_are_found_by_constants_in_them_and_by_pointers_to_constants(self):
        # Four functions of 32 bytes: one with the constants, one that points to a table, one that points next to it,
        # and the last one, whose end is unknown.
        table = 0x1000 + 4 * 32
        point = lambda start, target: b"\x48\x8d\x35" + struct.pack("<i", target - (start + 7)) + b"\x90" * 25
        code = b"".join(hashing.ROUNDS).ljust(32, b"\x90")
        code = code[:8] + b"\x90\x90" + code[8:30]
        code += point(0x1020, table) + point(0x1040, table + 8) + b"\x90" * 32
        program = hashing.Program(elf(code + b"".join(hashing.ROUNDS), [0x1000, 0x1020, 0x1040, 0x1060]))
        counts = {0x1000: 1, 0x101F: 10, 0x1021: 100, 0x1041: 1_000, 0x1061: 10_000}
        self.assertEqual(program.hashed(counts), 111)


def elf(code, functions):
    """An ELF file with its code at 0x1000 and a function table."""
    headers = 64 + 2 * 56
    listed = b"\x01\x1b\x03\x3b" + struct.pack("<iI", 0, len(functions))
    place = headers + len(code)
    listed += b"".join(struct.pack("<ii", start - 0x9000, 0) for start in functions)
    segment = lambda kind, offset, address, size: struct.pack("<IIQQQQQQ", kind, 5, offset, address, 0, size, size, 1)
    head = b"\x7fELF" + bytes(28) + struct.pack("<QQIHHH", 64, 0, 0, 64, 56, 2) + bytes(6)
    return (head + segment(hashing.LOADED, headers, 0x1000, len(code))
            + segment(hashing.FUNCTIONS, place, 0x9000, len(listed)) + code + listed)


if __name__ == "__main__":
    unittest.main()
