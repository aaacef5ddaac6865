"""Keeps the code of a project from ending the process, or speaking for it.

The process serves many calls, and its standard output and input may be the connection to the
client. Code that ends the process, prints or reads input would take all of that down with it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from mxcp._engine.errors import ProcessExit

# For hosts that mean it: `os._exit` as it was before it was guarded.
leave: Callable[[int], NoReturn] = os._exit

# Signals that don't end a process unless it wants them to.
_HARMLESS = {0, signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH} if os.name == "posix" else {0}

# Set in children of `os.fork()`: those may end as they like, and must not return into the host's code.
forked = False

_host: int | None = None


def protect() -> None:
    """Puts the guards up, once for each process, and sends what is printed to standard error."""
    global _host, forked
    first = _host is None
    _host = os.getpid()
    forked = False
    if not first:
        return
    _redirect()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_note_fork)
    guards: list[tuple[Any, str, Callable[..., bool]]] = [
        (os, "_exit", _always),
        (os, "abort", _always),
        (os, "execv", _always),
        (os, "execve", _always),
        (os, "kill", _kills_host),
        (os, "killpg", _kills_host_group),
        (signal, "raise_signal", _raises),
        (signal, "pthread_kill", _kills_thread),
        (signal, "alarm", _alarms),
        (signal, "setitimer", _times),
    ]
    for module, name, ends in guards:
        _guard(module, name, ends)


def _redirect() -> None:
    """Makes standard error of standard output, and an empty file of standard input."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    sys.stdout = sys.stderr
    sys.stdin = open(os.open(os.devnull, os.O_RDONLY), encoding="utf-8", closefd=False)


def _note_fork() -> None:
    global forked
    forked = True


def _guard(module: Any, name: str, ends: Callable[..., bool]) -> None:
    """Replaces a function by one that raises where it would end the host's process."""
    original = getattr(module, name, None)
    if original is None:
        return

    def guarded(*arguments: Any, **named: Any) -> Any:
        if not forked and os.getpid() == _host and ends(*arguments, **named):
            raise ProcessExit(f"{module.__name__}.{name}() would end the server")
        return original(*arguments, **named)

    guarded.__name__ = name
    guarded.__qualname__ = name
    guarded.__doc__ = original.__doc__
    guarded.__module__ = module.__name__
    setattr(module, name, guarded)


def _always(*_arguments: object, **_named: object) -> bool:
    return True


def _kills_host(pid: object = None, signum: object = None, /, **named: object) -> bool:
    target = named.get("pid", pid)
    if target not in (_host, 0, -1) and not (isinstance(target, int) and target == -os.getpgrp()):
        return False
    return _ends(named.get("signal", signum))


def _kills_host_group(group: object = None, signum: object = None, /, **named: object) -> bool:
    return named.get("pgid", group) in (0, os.getpgrp()) and _ends(named.get("signal", signum))


def _raises(signum: object = None, /, **named: object) -> bool:
    return _ends(named.get("signalnum", signum))


def _kills_thread(_thread: object = None, signum: object = None, /, **named: object) -> bool:
    return _ends(named.get("signalnum", signum))


def _alarms(seconds: object = 0, /) -> bool:
    return bool(seconds) and _ends(signal.SIGALRM)


def _times(which: object = None, seconds: object = 0, *_interval: object) -> bool:
    raised = {
        signal.ITIMER_REAL: signal.SIGALRM,
        signal.ITIMER_VIRTUAL: signal.SIGVTALRM,
        signal.ITIMER_PROF: signal.SIGPROF,
    }
    return bool(seconds) and any(which == timer and _ends(signum) for timer, signum in raised.items())


def _ends(signum: object) -> bool:
    """Whether a signal ends this process: no function of the project handles it."""
    if not isinstance(signum, int) or signum in _HARMLESS:
        return False
    try:
        handler = signal.getsignal(signum)
    except (ValueError, OSError):
        return False
    if handler is signal.SIG_IGN:
        return False
    return not callable(handler) or handler is signal.default_int_handler
