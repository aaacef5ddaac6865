"""Calls one tool with the Python SDK, over every transport and in every era, and checks the answer.

    pip install -r tests/clients/requirements.txt
    python tests/clients/python_client.py --http http://127.0.0.1:8000/mcp --stdio "mxcp serve --transport stdio" \
        --tool add --arguments '{"a": 1, "b": 2}' --expect '{"result": 3}'

`--expect` is the structured content, or the list of texts where a result has none.
"""

import argparse
import asyncio
import json
import shlex
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters

MODES = ("legacy", "2026-07-28", "auto")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--http", metavar="URL", help="server to reach over HTTP")
    parser.add_argument("--stdio", metavar="COMMAND", help="server to start and reach over stdio")
    parser.add_argument("--tool", required=True, metavar="NAME")
    parser.add_argument("--arguments", type=json.loads, default={}, metavar="JSON")
    parser.add_argument("--expect", type=json.loads, required=True, metavar="JSON")
    arguments = parser.parse_args()
    if not arguments.http and not arguments.stdio:
        parser.error("give --http, --stdio or both")
    return arguments


def servers(arguments: argparse.Namespace):
    """What to connect to, by the name of the transport."""
    if arguments.http:
        yield "http", arguments.http
    if arguments.stdio:
        command, *rest = shlex.split(arguments.stdio)
        yield "stdio", StdioServerParameters(command=command, args=rest)


async def all_tools(client: Client) -> list[str]:
    names, cursor = [], None
    while True:
        page = await client.list_tools(cursor=cursor)
        names += [tool.name for tool in page.tools]
        cursor = page.next_cursor
        if cursor is None:
            return names


async def problem(server, mode: str, arguments: argparse.Namespace) -> str | None:
    """What is wrong with the server's answers, if anything."""
    async with Client(server, mode=mode, read_timeout_seconds=30) as client:
        if mode not in ("auto", "legacy") and client.protocol_version != mode:
            return f"negotiated {client.protocol_version} instead of {mode}"
        names = await all_tools(client)
        if arguments.tool not in names:
            return f"tool {arguments.tool!r} is not among the listed {names}"
        result = await client.call_tool(arguments.tool, arguments.arguments)
        answer = result.structured_content
        if answer is None:
            answer = [getattr(block, "text", None) for block in result.content]
        if result.is_error:
            return f"the call failed: {answer}"
        if answer != arguments.expect:
            return f"expected {json.dumps(arguments.expect)}, got {json.dumps(answer)}"
    return None


async def main() -> int:
    arguments = parse_arguments()
    failures = 0
    for transport, server in servers(arguments):
        for mode in MODES:
            try:
                found = await problem(server, mode, arguments)
            except Exception as error:
                found = f"{type(error).__name__}: {error}"
            failures += found is not None
            print(f"{'FAILED' if found else 'ok':6} python {transport:5} {mode:10} {found or ''}".rstrip())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
