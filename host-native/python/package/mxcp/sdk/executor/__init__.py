"""The call that runs, with everything that belongs to it."""

from mxcp.sdk.executor.context import ExecutionContext, get_execution_context

__all__ = ["ExecutionContext", "get_execution_context"]
