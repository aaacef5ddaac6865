"""What the engine and its host tell each other by raising."""

from __future__ import annotations


class SqlFailure(Exception):
    """The database refused or failed. The text is the database's own: `Catalog Error: …`."""


class AskFailed(Exception):
    """The client refused a question, or its answer can't be used."""


class AskUnsupported(AskFailed):
    """The client does not answer questions of this kind."""


class AwaitsInput(BaseException):
    """The answer to a question comes with another request.

    It unwinds the function, which is called again from its beginning once there is an answer. Not an
    `Exception`, so that code that catches everything it expects does not catch this.
    """


class CallCancelled(BaseException):
    """The call was taken back. Raised in the thread that runs it."""


class PluginError(Exception):
    """A plug-in can't be loaded. The text is for the author of the project."""


class ResolveError(Exception):
    """There is no function to call. The text is for the caller."""


class NotCallable(ResolveError):
    """What has the name of the function is none."""

    def __init__(self, name: str, found: object) -> None:
        super().__init__(f"'{type(found).__name__}' object is not callable")
        self.name = name


class ProcessExit(Exception):
    """User code wanted to end the process, as `sys.exit()` does. It ended its own call only."""


class UdfError(Exception):
    """A function failed that SQL called. The text begins with the class of the error."""
