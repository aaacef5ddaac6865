"""A resource that asks the client."""

from mxcp.runtime import mcp

CONTEXT = {"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]}


def user_context() -> str:
    result = mcp.elicit("What context should the prompt use?", CONTEXT, key="user_context")
    return result.content["context"] if result.accepted else ""
