"""Calling functions."""

from __future__ import annotations

import threading
import unittest
from typing import Any

from mxcp._engine import AwaitsInput, CallCancelled, PluginError, ProcessExit, ResolveError, describe, simplify

from package_tests.fake import FakeCall, Project

CODE = """
    import asyncio, contextlib, contextvars, functools, os, signal, sys, threading, time, types
    from mxcp.runtime import config, db, mcp, plugins

    def echo(**values): return values
    def two(a, b): return a + b
    async def later(x):
        await asyncio.sleep(0)
        return x
    def gives_coroutine(x): return later(x)
    def traced(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs): return function(*args, **kwargs)
        return wrapper
    def runs(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs): return asyncio.run(function(*args, **kwargs))
        return wrapper
    decorated = traced(later)
    running = runs(later)
    partial = functools.partial(later, x=5)
    class Caller:
        async def __call__(self, x): return await later(x)
    called = Caller()
    class Thing:
        def __init__(self, x): self.x = x
    def numbers(n): yield from range(n)
    def endless():
        while True: yield 1
    async def stream(n):
        for i in range(n): yield i
    async def who(): return (await asyncio.to_thread(db.execute, "select 1"))
    def bare_thread():
        found = []
        def run():
            try: db.execute("select 1")
            except RuntimeError as error: found.append(str(error))
        thread = threading.Thread(target=run); thread.start(); thread.join()
        return found[0]
    def exits(): sys.exit(3)
    async def exits_later(): sys.exit(3)
    async def task_exits():
        async def inner(): sys.exit(4)
        await asyncio.create_task(inner())
    def interrupts(): raise KeyboardInterrupt
    def ends(how):
        {"_exit": lambda: os._exit(3), "abort": os.abort,
         "kill": lambda: os.kill(os.getpid(), signal.SIGTERM),
         "killpg": lambda: os.killpg(0, signal.SIGKILL),
         "raise": lambda: signal.raise_signal(signal.SIGINT),
         "alarm": lambda: signal.alarm(1),
         "timer": lambda: signal.setitimer(signal.ITIMER_PROF, 1),
         "group": lambda: os.kill(-os.getpgrp(), signal.SIGKILL),
         "exec": lambda: os.execv("/bin/true", ["true"])}[how]()
    def harmless():
        os.kill(os.getpid(), 0)
        os.kill(os.getpid(), signal.SIGCHLD)
        signal.alarm(0)
        pid = os.fork()
        if pid == 0: os._exit(7)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    def returns_in_child():
        pid = os.fork()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid else "child"
    def deep(): return deep()
    def fails(): raise KeyError("kk")
    def silent(): raise ValueError
    class Mute(Exception):
        def __str__(self): raise RuntimeError
    def mute(): raise Mute
    async def blocks(gate):
        gate[0].set(); gate[1].wait(10)
        return "done"
    async def waits(): await asyncio.sleep(60)
    def waits_plainly(started):
        async def run():
            started.set()
            await asyncio.sleep(60)
        return run()
    def reads(): return sys.stdin.read()
    not_callable = 5
"""


class Calls(unittest.TestCase):
    project: Project
    engine: Any

    @classmethod
    def setUpClass(cls) -> None:
        cls.project = Project({"python/m.py": CODE})
        cls.engine = cls.project.engine()
        cls.engine.initialise(FakeCall())

    @classmethod
    def tearDownClass(cls) -> None:
        cls.project.__exit__()

    def call(self, name: str, /, **arguments: object) -> object:
        return self.project.run(self.engine, f"m.{name}", **arguments)

    def refused(self, name: str, /, **arguments: object) -> str:
        with self.assertRaises(Exception) as caught, self.assertLogs("mxcp.python"):
            try:
                self.call(name, **arguments)
            except Exception as error:
                self.text = describe(error)
                raise
        self.assertNotIsInstance(caught.exception, AssertionError)
        return self.text

    def test_arguments_are_passed_by_name(self) -> None:
        self.assertEqual(self.call("echo", a=1, b=None), {"a": 1, "b": None})
        self.assertEqual(self.call("two", b=1, a=2), 3)
        self.assertEqual(self.refused("two", a=1), "two() missing 1 required positional argument: 'b'")
        self.assertEqual(self.refused("two", a=1, b=1, x=1), "two() got an unexpected keyword argument 'x'")

    def test_whatever_can_be_awaited_is_awaited(self) -> None:
        for name in ("later", "gives_coroutine", "decorated", "running", "called"):
            with self.subTest(name):
                self.assertEqual(self.call(name, x=5), 5)
        self.assertEqual(self.call("partial"), 5)

    def test_only_functions_that_say_so_are_called_on_a_loop(self) -> None:
        path = str(self.project.root / "python/m.py")
        expected = {
            "later": True,
            "partial": True,
            "called": True,
            "stream": True,
            "gives_coroutine": False,
            "decorated": False,
            "running": False,
            "Thing": False,
            "Caller": False,
        }
        for name, is_async in expected.items():
            with self.subTest(name):
                self.assertIs(self.engine.resolve(path, "m", name).is_async, is_async)

    def test_generators_give_lists(self) -> None:
        self.assertEqual(self.call("numbers", n=3), [0, 1, 2])
        self.assertEqual(self.call("stream", n=3), [0, 1, 2])
        self.assertEqual(self.refused("endless"), "generator gives more than 1000000 items")

    def test_classes_make_instances(self) -> None:
        self.assertEqual(self.call("Thing", x=1).x, 1)  # type: ignore[attr-defined]

    def test_the_context_follows_into_threads_of_asyncio_and_no_others(self) -> None:
        self.assertEqual(self.call("who"), [{"x": 1}])
        self.assertIn("No execution context available", str(self.call("bare_thread")))

    def test_code_can_end_its_call_only(self) -> None:
        self.assertEqual(self.refused("exits"), "SystemExit: 3")
        self.assertEqual(self.refused("exits_later"), "SystemExit: 3")
        self.assertEqual(self.refused("task_exits"), "SystemExit: 4")
        self.assertEqual(self.refused("interrupts"), "KeyboardInterrupt")
        for how in ("_exit", "abort", "kill", "killpg", "group", "raise", "alarm", "timer", "exec"):
            with self.subTest(how):
                self.assertIn("would end the server", self.refused("ends", how=how))
        self.assertEqual(self.call("later", x=1), 1)

    @unittest.skipUnless(hasattr(__import__("os"), "fork"), "no fork here")
    def test_children_end_as_they_like_and_never_answer(self) -> None:
        self.assertEqual(self.call("harmless"), 7)
        self.assertEqual(self.call("returns_in_child"), 0)

    def test_an_error_is_its_text_or_else_its_class(self) -> None:
        self.assertEqual(self.refused("fails"), "'kk'")
        self.assertEqual(self.refused("silent"), "ValueError")
        self.assertEqual(self.refused("mute"), "Mute")
        self.assertIn("maximum recursion depth exceeded", self.refused("deep"))

    def test_the_log_shows_the_traceback_without_the_engine(self) -> None:
        with self.assertLogs("mxcp.python") as logged:
            try:
                self.call("fails")
            except KeyError as error:
                describe(error)
        self.assertIn("in fails", logged.output[0])
        self.assertNotIn("_engine", logged.output[0])

    def test_a_plugin_that_is_none_is_told_without_a_traceback(self) -> None:
        # Why it can't be made is logged where that shows.
        with self.assertNoLogs("mxcp.python"):
            self.assertEqual(describe(PluginError("no plug-in")), "no plug-in")

    def test_the_log_shows_where_code_wanted_to_exit(self) -> None:
        with self.assertLogs("mxcp.python") as logged:
            try:
                self.call("exits")
            except ProcessExit as error:
                describe(error)
        self.assertIn("in exits", logged.output[0])
        self.assertNotIn("ProcessExit", logged.output[0])

    def test_functions_are_looked_up_by_name(self) -> None:
        with self.assertRaisesRegex(ResolveError, r"^Function 'nope' not found in python/m\.py$"):
            self.call("nope")
        with self.assertRaisesRegex(ResolveError, r"^'int' object is not callable$"):
            self.call("not_callable")

    def test_blocking_coroutines_do_not_stop_the_others(self) -> None:
        opened = threading.Event()
        outcome: list[object] = []

        def block() -> None:
            outcome.append(self.call("blocks", gate=(threading.Event(), opened)))

        threads = [threading.Thread(target=block) for _ in range(5)]
        for thread in threads:
            thread.start()
        try:
            for x in range(3):
                self.assertEqual(self.call("later", x=x), x)
            self.assertEqual(outcome, [])
        finally:
            opened.set()
            for thread in threads:
                thread.join()
        self.assertEqual(outcome, ["done"] * 5)

    def test_calls_are_taken_back(self) -> None:
        call = FakeCall()
        target = self.engine.resolve(str(self.project.root / "python/m.py"), "m", "waits")
        ended = threading.Event()
        outcome: list[object] = []

        def done(result: object, error: BaseException | None) -> None:
            outcome.append(error)
            ended.set()

        cancel = self.engine.submit(target, {}, call, done)
        cancel()
        self.assertTrue(ended.wait(10))
        self.assertIsInstance(outcome[0], CallCancelled)

    def test_a_thread_that_awaits_for_its_function_can_be_interrupted(self) -> None:
        import ctypes

        started = threading.Event()
        outcome: list[BaseException] = []

        def run() -> None:
            try:
                self.call("waits_plainly", started=started)
            except BaseException as error:
                outcome.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.assertTrue(started.wait(10))
        assert thread.ident is not None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(CallCancelled)
        )
        thread.join(10)
        self.assertIsInstance(outcome[0], CallCancelled)

    def test_standard_input_is_empty(self) -> None:
        self.assertEqual(self.call("reads"), "")

    def test_simplified_results_are_of_base_classes(self) -> None:
        self.assertEqual(simplify(range(3), typed=True), [0, 1, 2])


class Questions(unittest.TestCase):
    CODE = """
        import asyncio
        from mxcp.runtime import mcp

        def plain():
            answer = mcp.elicit("Name?", {"name": {"type": "string"}}, key="who")
            return answer.content["name"] if answer.accepted else answer.action
        async def awaited():
            answer = await mcp.elicit("Name?", {"name": {"type": "string"}})
            return answer.content
        async def not_awaited(): return mcp.elicit("Name?", {}).content
        async def one(n, after=0):
            for _ in range(after): await asyncio.sleep(0)
            return (await mcp.elicit(str(n), {})).action
        async def many(): return await asyncio.gather(one(1), one(2, 2), mcp.elicit("3", {}), one(4, 5))
        async def task(): return (await asyncio.create_task(mcp.elicit("x", {}))).action
        async def timed(): return (await asyncio.wait_for(mcp.elicit("x", {}), 5)).action
        def own_loop(): return asyncio.run(one(1))
        def swallows():
            try: return mcp.elicit("x", {}).action
            except BaseException: return "swallowed"
        async def swallows_later():
            try: return (await mcp.elicit("x", {})).action
            except BaseException: raise ValueError("swallowed")
        def sampled():
            answer = mcp.sample("Capital?", max_tokens=5, system_prompt="short")
            return [answer.role, answer.text, answer.model, answer.stop_reason]
        async def rooted(): return [(root.uri, root.name) for root in await mcp.roots()]
        def returned(): return mcp.elicit("x", {})
        async def returned_later(): return mcp.elicit("x", {})
        def returned_roots(): return mcp.roots()
        async def same_code():
            return (await mcp.sample("x")).text
        def refused():
            from mxcp.runtime import AskFailed
            try: mcp.roots()
            except AskFailed as error: return str(error)
    """

    def setUp(self) -> None:
        self.project = Project({"python/q.py": self.CODE})
        self.engine = self.project.engine()
        self.addCleanup(self.project.__exit__)

    def ask(self, name: str, *answers: object) -> tuple[object, FakeCall]:
        call = FakeCall(answers=list(answers))
        return self.project.run(self.engine, f"q.{name}", call), call

    def test_plain_and_asynchronous_functions_ask(self) -> None:
        accepted = {"action": "accept", "content": {"name": "Ada"}}
        result, call = self.ask("plain", accepted)
        self.assertEqual(result, "Ada")
        schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
        self.assertEqual(
            call.asked, [("elicitation/create", {"message": "Name?", "requestedSchema": schema}, "who")]
        )
        self.assertEqual(self.ask("plain", {"action": "decline"})[0], "decline")
        self.assertEqual(self.ask("awaited", accepted)[0], {"name": "Ada"})
        self.assertEqual(self.ask("task", accepted)[0], "accept")
        self.assertEqual(self.ask("timed", accepted)[0], "accept")
        self.assertEqual(self.ask("own_loop", accepted)[0], "accept")

    def test_an_answer_that_is_not_awaited_says_so(self) -> None:
        with self.assertRaisesRegex(AttributeError, "await mcp.elicit"):
            self.ask("not_awaited", {"action": "decline"})

    def test_several_questions_are_asked_before_the_call_ends(self) -> None:
        call = FakeCall(answers=[AwaitsInput() for _ in range(4)])
        with self.assertRaises(AwaitsInput):
            self.project.run(self.engine, "q.many", call)
        self.assertEqual(sorted(str(params["message"]) for _, params, _ in call.asked), ["1", "2", "3", "4"])

    def test_code_can_not_keep_a_call_from_awaiting_input(self) -> None:
        for name in ("swallows", "swallows_later", "own_loop"):
            with self.subTest(name), self.assertRaises(AwaitsInput):
                self.ask(name, AwaitsInput())

    def test_models_and_roots_are_asked_for(self) -> None:
        answer = {
            "role": "assistant",
            "content": {"type": "text", "text": "Rome"},
            "model": "m",
            "stopReason": "endTurn",
        }
        result, call = self.ask("sampled", answer)
        self.assertEqual(result, ["assistant", "Rome", "m", "endTurn"])
        messages = [{"role": "user", "content": {"type": "text", "text": "Capital?"}}]
        self.assertEqual(call.asked[0][1], {"messages": messages, "maxTokens": 5, "systemPrompt": "short"})
        self.assertEqual(self.ask("same_code", answer)[0], "Rome")
        roots = {"roots": [{"uri": "file:///a", "name": "A"}, {"uri": "file:///b"}]}
        self.assertEqual(self.ask("rooted", roots)[0], [("file:///a", "A"), ("file:///b", None)])

    def test_answers_can_be_returned(self) -> None:
        for name in ("returned", "returned_later"):
            answer = self.ask(name, {"action": "accept", "content": {"a": 1}})[0]
            self.assertEqual(simplify(answer, typed=True), {"action": "accept", "content": {"a": 1}})
        roots = simplify(self.ask("returned_roots", {"roots": [{"uri": "file:///a"}]})[0], typed=True)
        assert isinstance(roots, list)
        self.assertEqual(simplify(roots[0], typed=True), {"uri": "file:///a", "name": None})

    def test_refusals_can_be_caught(self) -> None:
        from mxcp._engine import AskUnsupported

        self.assertEqual(self.ask("refused", AskUnsupported("no roots"))[0], "no roots")


if __name__ == "__main__":
    unittest.main()
