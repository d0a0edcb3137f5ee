"""What the walk found: right or wrong of each thing that was unclear, or why it was not shown."""

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class NotShown(Exception):
    """This walk can't show it; why."""


class Wrong(Exception):
    """AWS does otherwise than we took it to do; how."""


@dataclass
class Report:
    """All findings so far."""

    rehearsed: bool
    found: list[tuple[str, str, str]] = field(default_factory=list)

    def step(self, about: str, what: str, does: Callable[[], Any], *, stand_in_shows: bool = True) -> Any:
        """Does a step and says what came of it. What breaks is wrong, and the walk goes on.

        A stand-in that agrees with us proves little: what only AWS can show is marked there.
        """
        print(f"...     {about:<4} {what}", flush=True)
        verdict, detail, result = "right", "", None
        try:
            result = does()
            detail = result if isinstance(result, str) else ""
            if self.rehearsed and not stand_in_shows:
                verdict, detail = "walked", f"only AWS can show it. {detail}".strip()
        except NotShown as why:
            verdict, detail = "unseen", str(why)
        except Wrong as how:
            verdict, detail = "WRONG", str(how)
        except Exception as error:  # noqa: BLE001 - whatever it is, the walk has to go on, and to remove what it made
            verdict, detail = "WRONG", f"{type(error).__name__}: {error}"
            traceback.print_exc(file=sys.stderr)
        self.found.append((verdict, about, f"{what}{': ' + detail if detail else ''}"))
        print(f"{verdict:<7} {about:<4} {what}{': ' + detail if detail else ''}", flush=True)
        return result

    def summary(self) -> int:
        """Prints everything once more; how many were wrong."""
        print("\n" + "=" * 80)
        for verdict, about, what in self.found:
            print(f"{verdict:<7} {about:<4} {what}")
        counts = {one: sum(verdict == one for verdict, _, _ in self.found) for one in ("right", "WRONG", "walked", "unseen")}
        print(f"\n{counts['right']} right, {counts['WRONG']} wrong, {counts['unseen']} not shown"
              + (f", {counts['walked']} walked on a stand-in, which proves nothing of them" if self.rehearsed else ""))
        return counts["WRONG"]
