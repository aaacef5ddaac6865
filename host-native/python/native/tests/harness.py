"""A project in a temporary folder, and the program that serves it in its own interpreter."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# How long anything may take before a test gives up, in seconds.
PATIENCE = 60.0


@contextlib.contextmanager
def project(code: str, tools: dict[str, str] | None = None, **files: str) -> Iterator[Path]:
    """A project whose tools are the public functions of `code`; `tools` gives YAML for some of them."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "tools").mkdir()
        (root / "python").mkdir()
        (root / "mxcp-site.yml").write_text(files.pop("site", "mxcp: 1\nproject: native\nprofile: default\n"))
        (root / "python" / "code.py").write_text(textwrap.dedent(code))
        names = [
            line[4:].split("(")[0] for line in textwrap.dedent(code).splitlines() if line.startswith("def ")
        ]
        names += [
            line[10:].split("(")[0]
            for line in textwrap.dedent(code).splitlines()
            if line.startswith("async def ")
        ]
        for tool in names:
            more = textwrap.indent(textwrap.dedent((tools or {}).get(tool, "")), "  ")
            text = f"mxcp: 1\ntool:\n  name: {tool}\n  description: d\n  source: {{file: ../python/code.py}}\n{more}"
            (root / "tools" / f"{tool}.yml").write_text(text)
        for path, text in files.items():
            (root / path).write_text(textwrap.dedent(text))
        yield root


def command(*words: str) -> list[str]:
    """The program in this interpreter."""
    return [sys.executable, "-m", "mxcp", *words]


def environment(root: Path) -> dict[str, str]:
    """That of the tests, without what would lead the program elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MXCP_")}
    return {**kept, "HOME": str(root)}


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        command(*words), cwd=root, env=environment(root), capture_output=True, text=True, timeout=PATIENCE
    )


def result(root: Path, tool: str, *words: str) -> Any:
    """What a tool gives, or its error, by the command line."""
    document = json.loads(run(root, "run", "tool", tool, "--json-output", *words).stdout)
    return document["result"] if document["status"] == "ok" else document["error"]


class Server:
    """The program as it serves a project over standard input and output."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            command("serve", "--transport", "stdio"),
            cwd=root,
            env=environment(root),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if os.environ.get("QUIET", "1") == "1" else None,
        )
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        client = {"name": "tests", "version": "1"}
        self.answer(
            self.post(
                "initialize",
                {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client},
            )
        )
        self.notify("notifications/initialized", {})

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def close(self) -> int:
        """Ends the input, and gives the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def post(self, method: str, params: dict[str, Any]) -> int:
        """Sends a request and gives its number."""
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def begin(self, tool: str, **arguments: Any) -> int:
        """Begins a call and gives its number."""
        return self.post("tools/call", {"name": tool, "arguments": arguments})

    def cancel(self, number: int) -> None:
        self.notify("notifications/cancelled", {"requestId": number})

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a request."""
        assert self.process.stdout is not None
        while number not in self._answers:
            line = self.process.stdout.readline()
            assert line, "the server has ended"
            message = json.loads(line)
            if "id" in message and "method" not in message:
                self._answers[message["id"]] = message
        return self._answers.pop(number)

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool gives, as JSON if it is; an error's text."""
        return self.text(self.answer(self.begin(tool, **arguments)))

    @staticmethod
    def text(answer: dict[str, Any]) -> Any:
        content = answer["result"]["content"]
        text = content[0]["text"] if content else "null"
        try:
            return json.loads(text)
        except ValueError:
            return text

    def until(self, tool: str, fits: Callable[[Any], bool]) -> Any:
        """Calls a tool again and again until its result fits."""
        deadline = time.monotonic() + PATIENCE
        while not fits(found := self.call(tool)):
            assert time.monotonic() < deadline, found
        return found

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
