"""The filter is as the page says, so what it leaves out is missed on AWS too."""

import json
import unittest

from log_filter import LEVELS, keeps

METRICS = json.dumps({"timestamp": "2026-11-20T20:15:30.123Z", "level": "INFO", "message": "metrics of a tick", "Ticks": 1,
                      "_aws": {"CloudWatchMetrics": []}})


class LogFilter(unittest.TestCase):
    def test_metrics_and_panics_are_dropped_above_info(self) -> None:
        panic = "thread 'main' panicked at src/main.rs:1:1:"
        for line in (METRICS, panic, "", "[]", '"INFO"'):
            self.assertEqual([keeps(level, line) for level in LEVELS], [True, True, True, False, False, False], line)

    def test_a_line_is_kept_at_its_own_level_and_below(self) -> None:
        for place, level in enumerate(LEVELS):
            line = json.dumps({"timestamp": "2026-11-20T20:15:30Z", "level": level.lower()})
            self.assertEqual([keeps(given, line) for given in LEVELS], [given <= place for given in range(len(LEVELS))])

    def test_without_a_level_or_a_time_that_is_known_it_counts_as_info(self) -> None:
        for odd in ({"level": "ERROR"}, {"timestamp": "yesterday", "level": "ERROR"},
                    {"timestamp": "2026-11-20T20:15:30", "level": "ERROR"}, {"timestamp": 1, "level": "ERROR"},
                    {"timestamp": "2026-11-20T20:15:30Z", "level": "PANIC"},
                    {"timestamp": "2026-11-20T20:15:30Z", "level": 4}):
            self.assertEqual((keeps("INFO", json.dumps(odd)), keeps("WARN", json.dumps(odd))), (True, False), odd)


if __name__ == "__main__":
    unittest.main()
