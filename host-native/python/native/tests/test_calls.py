"""Calls that run at the same time, and calls that are taken back."""

import unittest

from harness import Server, project

CODE = """
import asyncio, itertools, threading, time
from mxcp.runtime import db

begun = []
seen = []
gate = threading.Event()

def quick():
    return 1

def ended():
    return {"begun": begun, "seen": seen}

def forget():
    begun.clear()
    seen.clear()

def stuck():
    # Not to be woken by an exception from outside.
    gate.wait()

def spin():
    begun.append("spin")
    try:
        while True:
            pass
    except BaseException as error:
        seen.append(type(error).__name__)
        raise

def work():
    total = 0
    for number in range(20000):
        total += number
    return total

def query():
    begun.append("query")
    try:
        return db.execute("SELECT count(*) AS n FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7")
    except BaseException as error:
        seen.append(type(error).__name__)
        raise

async def sleeps():
    begun.append("sleeps")
    try:
        await asyncio.sleep(3600)
    except BaseException as error:
        seen.append(type(error).__name__)
        raise

async def together():
    await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(10)))
    return [row["n"] for row in db.execute("SELECT 7 AS n")]

def local():
    # What a thread keeps for itself is there for the next call on it.
    held.count = getattr(held, "count", 0) + 1
    return held.count

held = threading.local()

def rows():
    return db.execute("SELECT i AS n, 'x' || i AS t FROM range(3) r(i) WHERE i < $most", {"most": 2})

def broken():
    try:
        db.execute("SELECT nothing")
    except Exception as error:
        return str(error).splitlines()[0]

def exits():
    raise SystemExit(3)
"""


class Calls(unittest.TestCase):
    def setUp(self) -> None:
        context = project(CODE)
        root = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.server = Server(root)
        self.addCleanup(self.server.__exit__)

    def test_sql_runs_within_a_call(self) -> None:
        self.assertEqual(self.server.call("together"), 7)
        answer = self.server.answer(self.server.begin("rows"))
        texts = [block["text"] for block in answer["result"]["content"]]
        self.assertEqual(len(texts), 2)
        self.assertIn("Binder Error", str(self.server.call("broken")))

    def test_a_call_that_is_taken_back_is_stopped(self) -> None:
        for tool, error in [
            ("spin", "CallCancelled"),
            ("query", "CallCancelled"),
            ("sleeps", "CancelledError"),
        ]:
            with self.subTest(tool):
                number = self.server.begin(tool)
                self.server.until("ended", lambda found: found["begun"] == [tool])
                self.server.cancel(number)
                found = self.server.until("ended", lambda found: found["seen"])
                self.assertEqual(found["seen"], [error])
                self.server.call("forget")

    def test_no_other_call_is_hit(self) -> None:
        expected = sum(range(20000))
        for _ in range(150):
            taken = [self.server.begin("spin"), self.server.begin("work")]
            kept = [self.server.begin("work") for _ in range(3)]
            for number in taken:
                self.server.cancel(number)
            self.assertEqual(
                [self.server.text(self.server.answer(number)) for number in kept], [expected] * 3
            )

    def test_stuck_threads_take_no_capacity(self) -> None:
        stuck = [self.server.begin("stuck") for _ in range(60)]
        for number in stuck:
            self.server.cancel(number)
        kept = [self.server.begin("work") for _ in range(40)]
        for number in kept:
            self.assertEqual(self.server.text(self.server.answer(number)), sum(range(20000)))
        # Nor do they keep the program from its end.
        self.assertEqual(self.server.close(), 0)

    def test_coroutines_run_while_all_threads_are_busy(self) -> None:
        self.assertEqual(self.server.call("together"), 7)
        for _ in range(60):
            self.server.begin("stuck")
        self.assertEqual(self.server.call("together"), 7)

    def test_threads_serve_one_call_after_another(self) -> None:
        counts = [self.server.call("local") for _ in range(20)]
        # The next call may come before the thread is idle again, and then another one begins.
        self.assertGreater(max(counts), 1)

    def test_code_that_ends_the_process_ends_its_call(self) -> None:
        self.assertIn("SystemExit", str(self.server.call("exits")))
        self.assertEqual(self.server.call("quick"), 1)
        self.assertEqual(self.server.close(), 0)


if __name__ == "__main__":
    unittest.main()
