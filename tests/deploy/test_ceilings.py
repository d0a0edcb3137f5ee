"""What is built is what the template says that it is built for."""

import struct
import unittest
from typing import Any

from ceilings import MACHINES, misdeclared


def program(machine: int) -> bytes:
    """The head of an ELF file for this machine."""
    return b"\x7fELF" + bytes(14) + struct.pack("<H", machine) + bytes(40)


def template(everywhere: Any = None, **functions: Any) -> dict[str, Any]:
    """One with these functions and their processors."""
    return {"Globals": {"Function": {"Architectures": everywhere} if everywhere else {}}, "Resources": {
        "Table": {"Type": "AWS::DynamoDB::Table"}, **{name: {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Architectures": given} if given else {}} for name, given in functions.items()}}}


class Declared(unittest.TestCase):
    def test_each_program_is_for_the_processor_that_is_declared(self) -> None:
        for architecture, machine in MACHINES.items():
            for declared in (template([architecture], Api=None), template(Api=[architecture]),
                             template(["x86_64"], Api=[architecture])):
                self.assertEqual(misdeclared({"Api": program(machine)}, declared), [])
            [other] = MACHINES.keys() - {architecture}
            [wrong] = misdeclared({"Api": program(machine)}, template([other], Api=None))
            self.assertIn(f"Api is declared for {other}", wrong)

    def test_a_parameter_says_nothing_when_it_is_built(self) -> None:
        """As it was: `sam build` built for the default, and the deployment asked which processor it is for."""
        [wrong] = misdeclared({"Api": program(183)}, template([{"Ref": "Architecture"}], Api=None))
        self.assertIn("Architecture", wrong)

    def test_lambdas_own_choice_is_x86_64(self) -> None:
        self.assertEqual(misdeclared({"Api": program(62)}, template(Api=None)), [])
        self.assertEqual(len(misdeclared({"Api": program(183)}, template(Api=None))), 1)

    def test_a_function_that_is_not_built_is_missed(self) -> None:
        [wrong] = misdeclared({"Api": program(62)}, template(["x86_64"], Api=None, Exporter=None))
        self.assertIn("Exporter is not built", wrong)


if __name__ == "__main__":
    unittest.main()
