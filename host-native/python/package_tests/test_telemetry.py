"""Traces and metrics that nobody keeps."""

from __future__ import annotations

import unittest

from mxcp.sdk import telemetry


class Telemetry(unittest.TestCase):
    def test_code_that_measures_itself_runs_where_nothing_is_kept(self) -> None:
        with telemetry.traced_operation("load", {"rows": 3}) as span:
            span.set_attribute("source", "orders")
            span.record_exception(ValueError("late"))
            self.assertFalse(span.is_recording())
        telemetry.record_counter("rows", 2, {"table": "orders"}, description="rows read", unit="1")
        telemetry.record_histogram("wait", 0.5, description="time waited", unit="s")
        telemetry.record_gauge("open", 1, description="connections", unit="1")
        telemetry.increment_gauge("open", {"pool": "a"}, description="connections")
        telemetry.decrement_gauge("open", {"pool": "a"}, description="connections")
        self.assertIsNone(telemetry.get_current_trace_id())
        self.assertIsNone(telemetry.get_current_span())

    def test_a_function_whose_time_is_taken_stays_itself(self) -> None:
        def twice(n: int) -> int:
            return n * 2

        self.assertEqual(telemetry.time_histogram("twice", unit="ms")(twice)(2), 4)
