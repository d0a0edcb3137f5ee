"""Results of the checks: passed, failed, or skipped and why."""

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Skipped(Exception):
    """This run can't check it; the reason."""


class CheckFailed(Exception):
    """AWS behaves differently than expected; how."""


@dataclass
class Report:
    """All results so far."""

    rehearsed: bool
    found: list[tuple[str, str, str]] = field(default_factory=list)

    def step(self, ref: str, what: str, check: Callable[[], Any], *, stand_in_shows: bool = True) -> Any:
        """Runs a check and prints its result. An unexpected error is a failure; the run goes on.

        A stand-in proves nothing about AWS: checks that only AWS can confirm are marked as rehearsed there.
        """
        print(f"...       {ref:<4} {what}", flush=True)
        verdict, detail, result = "passed", "", None
        try:
            result = check()
            detail = result if isinstance(result, str) else ""
            if self.rehearsed and not stand_in_shows:
                verdict, detail = "rehearsed", f"only AWS can confirm it. {detail}".strip()
        except Skipped as why:
            verdict, detail = "skipped", str(why)
        except CheckFailed as how:
            verdict, detail = "FAILED", str(how)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has to go on, and to delete what it created
            verdict, detail = "FAILED", f"{type(error).__name__}: {error}"
            traceback.print_exc(file=sys.stderr)
        self.found.append((verdict, ref, f"{what}{': ' + detail if detail else ''}"))
        print(f"{verdict:<9} {ref:<4} {what}{': ' + detail if detail else ''}", flush=True)
        return result

    def summary(self) -> int:
        """Prints all results again; returns the number of failures."""
        print("\n" + "=" * 80)
        for verdict, ref, what in self.found:
            print(f"{verdict:<9} {ref:<4} {what}")
        counts = {one: sum(verdict == one for verdict, _, _ in self.found) for one in ("passed", "FAILED", "rehearsed", "skipped")}
        print(f"\n{counts['passed']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped"
              + (f", {counts['rehearsed']} rehearsed on a stand-in, which proves nothing about AWS" if self.rehearsed else ""))
        return counts["FAILED"]
