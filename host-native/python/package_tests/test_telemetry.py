"""Traces and metrics of a project's own."""

from __future__ import annotations

import unittest
from typing import Any

from mxcp.sdk import telemetry

from package_tests.fake import FakeCall, Project

CODE = """
    import asyncio
    from mxcp.sdk import telemetry
    from mxcp.sdk.telemetry import traced_operation

    def load():
        with traced_operation("load", {"rows": 3, "none": None, "list": [1]}) as span:
            with traced_operation("part"):
                inner = telemetry.get_current_span_id()
            span.set_attribute("share", 0.5)
            span.set_status("OK")
            outer = telemetry.get_current_span_id()
        return [telemetry.get_current_trace_id(), outer, inner, telemetry.get_current_span_id()]

    def ends():
        from mxcp.sdk.telemetry import SpanKind, Status, StatusCode
        with traced_operation("bad", kind=SpanKind.CLIENT) as span:
            span.set_status(Status(StatusCode.ERROR, "no rows"))
        with traced_operation("good") as span:
            span.set_status(StatusCode.OK)
        with traced_operation("open") as span:
            span.set_status(Status())
        with traced_operation("told") as span:
            span.set_status(StatusCode.ERROR, "no rows")

    def fails():
        with traced_operation("fails"):
            raise ValueError("late")

    async def at_once():
        async def one(name):
            with traced_operation(name):
                await asyncio.sleep(0)
                with traced_operation(name + ".part"):
                    await asyncio.sleep(0)
        await asyncio.gather(one("a"), one("b"))

    @telemetry.time_histogram("twice", {"kind": "async"}, unit="ms")
    async def twice(n): return n * 2

    def measures():
        telemetry.set_span_attribute("big", 2 ** 70)
        telemetry.record_exception(KeyError("k"))
        telemetry.record_counter("rows", 2, {"table": "orders"}, description="rows read")
        telemetry.record_gauge("open", float("nan"))
        telemetry.increment_gauge("busy")
        telemetry.decrement_gauge("busy")
        return telemetry.is_telemetry_enabled()
"""
TRACE = {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"}


def reported(function: str, trace: dict[str, str | None], **arguments: object) -> tuple[Any, FakeCall]:
    call = FakeCall(telemetry=trace)
    with Project({"python/code.py": CODE}) as project:
        return project.run(project.engine(), f"code.{function}", call, **arguments), call


class Off(unittest.TestCase):
    def test_code_that_measures_itself_runs_where_nothing_is_kept(self) -> None:
        with telemetry.traced_operation("load", {"rows": 3}) as span:
            span.set_attribute("source", "orders")
            span.record_exception(ValueError("late"))
            span.set_status(telemetry.Status(telemetry.StatusCode.ERROR, "late"))
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


class On(unittest.TestCase):
    def test_spans_are_parts_of_those_around_them(self) -> None:
        ids, call = reported("load", TRACE)
        (part, outer) = [what for kind, what in call.reported if kind == "span"]
        self.assertEqual(ids, [TRACE["trace_id"], outer["id"], part["id"], TRACE["span_id"]])
        self.assertEqual((part["name"], part["parent"]), ("part", outer["id"]))
        self.assertEqual((outer["name"], outer["parent"], outer["failed"]), ("load", None, False))
        self.assertEqual(outer["attributes"], {"rows": 3, "list": "[1]", "share": 0.5})
        self.assertLessEqual(outer["begun"], part["begun"])
        self.assertLessEqual(part["ended"], outer["ended"])

    def test_spans_end_as_they_are_told(self) -> None:
        _, call = reported("ends", TRACE)
        ended = {what["name"]: what["failed"] for _, what in call.reported}
        self.assertEqual(ended, {"bad": True, "good": False, "open": None, "told": True})

    def test_a_span_in_which_an_error_occurs_has_failed(self) -> None:
        call = FakeCall(telemetry=TRACE)
        with Project({"python/code.py": CODE}) as project, self.assertRaises(ValueError):
            project.run(project.engine(), "code.fails", call)
        ((_, span),) = call.reported
        self.assertTrue(span["failed"])
        self.assertEqual(span["exceptions"][0]["class"], "ValueError")

    def test_what_runs_at_once_is_told_apart(self) -> None:
        _, call = reported("at_once", TRACE)
        spans = {what["name"]: what for _, what in call.reported}
        for name in ("a", "b"):
            self.assertEqual(spans[f"{name}.part"]["parent"], spans[name]["id"])
            self.assertIsNone(spans[name]["parent"])

    def test_what_is_measured_is_told_without_a_trace_as_well(self) -> None:
        enabled, call = reported("measures", {"trace_id": None, "span_id": None})
        self.assertTrue(enabled)
        measured = [(what["instrument"], what["name"], what["value"]) for _, what in call.reported]
        self.assertEqual(
            measured, [("counter", "rows", 2.0), ("up_down_counter", "busy", 1.0), ("up_down_counter", "busy", -1.0)]
        )
        _, call = reported("measures", TRACE)
        self.assertEqual([kind for kind, _ in call.reported[:2]], ["attributes", "exception"])
        self.assertEqual(call.reported[0][1], {"attributes": {"big": str(2**70)}})

    def test_the_time_of_a_function_that_awaits_is_all_that_it_takes(self) -> None:
        result, call = reported("twice", TRACE, n=2)
        ((kind, what),) = call.reported
        self.assertEqual((result, kind, what["instrument"], what["unit"]), (4, "measure", "histogram", "ms"))
        self.assertEqual(what["attributes"], {"kind": "async"})
