"""Logs in with the Python SDK, which finds out by itself how, and calls one tool.

    pip install -r tests/clients/requirements.txt
    python tests/clients/python_login.py --url http://localhost:8000/mcp --tool who

It writes `OPEN <URL>` when somebody has to go to a page, and waits for that person's browser to come back. It writes
`CALLED <JSON>` for a result and `FAILED <reason>` for anything else, once for every era of the protocol. Each line that it
reads makes it call again, in the era `auto`, with the tokens that it has.
"""

import argparse
import asyncio
import json
import sys
import traceback
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

ERAS = ("auto", "legacy", "2026-07-28")


class Storage:
    """Remembers as long as the program runs."""

    def __init__(self) -> None:
        self.tokens = None
        self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens) -> None:
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info) -> None:
        self.client = client_info


class Callback:
    """Where a browser comes back to."""

    def __init__(self) -> None:
        self.arrivals: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.server: asyncio.Server | None = None

    async def start(self, port: int) -> str:
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", port)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/callback"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = urlsplit(head.split(" ")[1])
        body = b"<!DOCTYPE html><title>Done</title><p>Done."
        status = HTTPStatus.OK if target.path == "/callback" else HTTPStatus.NOT_FOUND
        lines = (f"HTTP/1.1 {status.value} {status.phrase}", "Content-Type: text/html", f"Content-Length: {len(body)}")
        writer.write("\r\n".join((*lines, "Connection: close", "", "")).encode() + body)
        await writer.drain()
        writer.close()
        if target.path == "/callback":
            await self.arrivals.put({key: values[0] for key, values in parse_qs(target.query).items()})

    async def arrival(self) -> AuthorizationCodeResult:
        found = await self.arrivals.get()
        if "error" in found:
            raise PermissionError(found["error"])
        return AuthorizationCodeResult(code=found["code"], state=found.get("state"), iss=found.get("iss"))


def say(word: str, text: str) -> None:
    print(word, " ".join(text.split()), flush=True)


def reason(error: BaseException) -> str:
    """The errors themselves, not the groups that they came in."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(reason(part) for part in error.exceptions)
    return f"{type(error).__name__}: {error}"


async def call(url: str, auth: OAuthClientProvider, era: str, tool: str) -> None:
    try:
        async with (
            create_mcp_http_client(auth=auth) as http,
            Client(streamable_http_client(url, http_client=http), mode=era, read_timeout_seconds=60) as client,
        ):
            names = [listed.name for listed in (await client.list_tools()).tools]
            if tool not in names:
                raise LookupError(f"{tool} is not among {names}")
            result = await client.call_tool(tool, {})
    except Exception as error:
        traceback.print_exc()
        say("FAILED", reason(error))
        return
    text = result.content[0].text
    say("FAILED", text) if result.is_error else say("CALLED", json.dumps(json.loads(text)))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--tool", required=True, metavar="NAME")
    parser.add_argument("--document", metavar="URL", help="document that says who this client is")
    parser.add_argument("--port", type=int, default=0, help="where browsers come back to")
    options = parser.parse_args()

    callback = Callback()
    redirect = await callback.start(options.port)

    async def send_off(url: str) -> None:
        say("OPEN", url)

    auth = OAuthClientProvider(
        server_url=options.url,
        client_metadata=OAuthClientMetadata(client_name="Python SDK", redirect_uris=[redirect]),
        storage=Storage(),
        redirect_handler=send_off,
        callback_handler=callback.arrival,
        client_metadata_url=options.document,
    )
    for era in ERAS:
        await call(options.url, auth, era, options.tool)
    while await asyncio.to_thread(sys.stdin.readline):
        await call(options.url, auth, "auto", options.tool)


asyncio.run(main())
