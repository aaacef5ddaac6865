"""Serves a project from a program of one's own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

_ADDRESS = "127.0.0.1"
_DEFAULT_PORT = 8000
# How long a server may take to listen, in seconds.
_PATIENCE = 60.0


class MXCPServer:
    """The server of a project, in a process of its own.

    `start` waits until it listens. `with` starts it, and stops it at the end.
    """

    def __init__(
        self,
        site_config_path: str | os.PathLike[str] | None = None,
        *,
        profile: str | None = None,
        transport: str | None = None,
        host: str | None = None,
        port: int | None = None,
        enable_sql_tools: bool | None = None,
        readonly: bool = False,
        debug: bool = False,
        stateless_http: bool = False,
        analytics: bool | None = None,
    ) -> None:
        """Takes the folder of the project or its site file; the working directory if none is given.

        `host` is where the server is reached, for `url`; it listens where the user file says.
        `analytics` has no effect: nothing is collected.
        """
        folder = Path(site_config_path or ".")
        self._folder = folder.parent if folder.is_file() else folder
        self._transport = transport
        self._host = host or _ADDRESS
        self._port = port or _DEFAULT_PORT
        self._options = ["--port", str(self._port)] if transport != "stdio" else []
        for option, value in (("--profile", profile), ("--transport", transport)):
            if value is not None:
                self._options += [option, value]
        if enable_sql_tools is not None:
            self._options += ["--sql-tools", "true" if enable_sql_tools else "false"]
        flags = {"--readonly": readonly, "--debug": debug, "--stateless": stateless_http}
        self._options += [option for option, given in flags.items() if given]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process of the server is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def url(self) -> str | None:
        """Where clients reach the server; none over standard input and output."""
        if self._transport == "stdio":
            return None
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/mcp"

    def start(self, blocking: bool = False) -> None:
        """Starts the server, and with `blocking` waits for its end.

        Raises `RuntimeError` if it ends before it listens; what was wrong is on standard error.
        """
        if self.is_running:
            raise RuntimeError("the server is running")
        words = [sys.executable, "-m", "mxcp", "serve", *self._options]
        self._process = subprocess.Popen(words, cwd=self._folder)
        if self._transport != "stdio":
            self._wait_until_it_listens()
        if blocking:
            try:
                self._process.wait()
            finally:
                self.stop()

    def stop(self, timeout: float = 10.0) -> None:
        """Has the server end in an orderly way, and ends it after `timeout` seconds if it does not."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        if os.name == "posix":
            process.send_signal(signal.SIGTERM)
        else:
            process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> MXCPServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait_until_it_listens(self) -> None:
        process = self._process
        assert process is not None
        deadline = time.monotonic() + _PATIENCE
        while process.poll() is None:
            try:
                socket.create_connection((self._host, self._port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"the server does not listen after {_PATIENCE:.0f} s") from None
                time.sleep(0.05)
        raise RuntimeError(f"the server ended with status {process.returncode}")
