"""Values that may be awaited, and need not be."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import Future

T = TypeVar("T")
R = TypeVar("R")


class Ready:
    """Mixed into results: awaiting one gives the result itself.

    The same function can then be used from plain and from asynchronous code.
    """

    __slots__ = ()

    def __await__(self: R) -> Generator[Any, None, R]:
        return self
        yield  # Makes a generator of the method.


class Sent(Coroutine[Any, Any, None]):
    """Something that is done already.

    A coroutine to `asyncio.run` and `create_task`, but none that Python warns of if nobody awaits it.
    """

    __slots__ = ()

    def send(self, _value: Any, /) -> Any:
        raise StopIteration

    def throw(self, kind: Any, value: Any = None, traceback: TracebackType | None = None, /) -> Any:
        raise _thrown(kind, value, traceback)

    def close(self) -> None:
        return

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield  # Makes a generator of the method.


class Pending(Coroutine[Any, Any, T], Generic[T]):
    """A result that is on its way to a running event loop."""

    __slots__ = ("_finish", "_future", "_steps", "_what")

    def __init__(self, future: Future[Any], finish: Callable[[Any], T], what: str) -> None:
        self._future = future
        self._finish = finish
        self._what = what
        self._steps: Generator[Any, Any, T] | None = None

    def __await__(self) -> Generator[Any, Any, T]:
        return self._finish((yield from self._future.__await__()))

    def send(self, value: Any, /) -> Any:
        return self._running().send(value)

    def throw(self, kind: Any, value: Any = None, traceback: TracebackType | None = None, /) -> Any:
        return self._running().throw(_thrown(kind, value, traceback))

    def close(self) -> None:
        if self._steps is not None:
            self._steps.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"the answer is not there yet: write `(await {self._what}).{name}`")

    def _running(self) -> Generator[Any, Any, T]:
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps


def _thrown(kind: Any, value: Any, traceback: TracebackType | None) -> BaseException:
    """The exception of the three forms that `throw` takes."""
    error = kind if isinstance(kind, BaseException) else value
    if not isinstance(error, BaseException):
        error = kind() if error is None else kind(error)
    assert isinstance(error, BaseException)
    return error if traceback is None else error.with_traceback(traceback)
