"""What is said while a tool runs."""

from mxcp.runtime import mcp


async def test_tool_with_logging() -> str:
    await mcp.info("Tool execution started")
    await mcp.info("Tool processing data")
    await mcp.info("Tool execution completed")
    return "It is in the log."
