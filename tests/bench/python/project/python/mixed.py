"""What is called again and again, each time by another caller: every answer says whose call it was."""

import asyncio
import time

from mxcp.runtime import db, reload_duckdb
from mxcp.sdk.executor import get_execution_context


def _caller():
    return get_execution_context().get("request_headers")["x-name"]


def mine(n):
    time.sleep(0.001)
    row = db.execute("SELECT get_request_header('x-name') AS name")[0]
    return [str(n), row["name"], _caller()]


async def mine_async(n):
    await asyncio.sleep(0.001)
    name = _caller()
    await asyncio.sleep(0.001)
    row = db.execute("SELECT get_request_header('x-name') AS name")[0]
    return [str(n), row["name"] if name == _caller() else "another", name]


def mine_in_a_transaction(n):
    db.execute("CREATE TEMP TABLE mine AS SELECT get_request_header('x-name') AS name")
    time.sleep(0.001)
    return [str(n), db.execute("SELECT name FROM mine")[0]["name"], _caller()]


def refresh():
    reload_duckdb(description="soak")
    return ["asked"]
