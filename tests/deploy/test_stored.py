"""What becomes of figures that are worse, better, new or gone."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import stored


class Stored(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "figures.json"
        stored.store(self.file, "x86_64", {"rustc": "1.95.0"}, {"idle": 1000, "reading": 2000})

    def check(self, figures: dict[str, int]) -> tuple[list[str], str]:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            return stored.check(self.file, "x86_64", figures, "store it"), output.getvalue()

    def test_a_figure_more_than_5_percent_worse_fails_and_one_within_that_does_not(self) -> None:
        self.assertEqual(self.check({"idle": 1050, "reading": 2100})[0], [])
        (wrong,) = self.check({"idle": 1051, "reading": 2000})[0]
        self.assertEqual(wrong, "idle went from 1,000 to 1,051, +5.1 %; if that is meant to be, `store it`")

    def test_a_figure_more_than_5_percent_better_asks_to_be_stored(self) -> None:
        wrong, output = self.check({"idle": 1000, "reading": 1800})
        self.assertEqual(wrong, [])
        self.assertIn("reading went from 2,000 to 1,800, -10.0 %: store that", output)

    def test_no_figure_comes_or_goes_unseen(self) -> None:
        wrong, _ = self.check({"idle": 1000, "writing": 1})
        self.assertEqual([line.split(";")[0] for line in wrong],
                         ["no figure is stored for writing", "reading was not measured"])

    def test_another_compiler_or_processor_is_not_held_against_these(self) -> None:
        self.assertIsNone(stored.unchecked(self.file, "x86_64", {"rustc": "1.95.0"}))
        self.assertIn("1.96.0", stored.unchecked(self.file, "x86_64", {"rustc": "1.96.0"}) or "")
        self.assertIn("arm64", stored.unchecked(self.file, "arm64", {"rustc": "1.95.0"}) or "")

    def test_figures_of_another_processor_stay_when_some_are_stored(self) -> None:
        stored.store(self.file, "arm64", {"rustc": "1.95.0"}, {"idle": 7})
        self.assertEqual(self.check({"idle": 1000, "reading": 2000})[0], [])


if __name__ == "__main__":
    unittest.main()
