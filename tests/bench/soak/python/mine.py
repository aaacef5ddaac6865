"""What is called again and again, each time by another caller: every answer says whose call it was."""

import asyncio
import time

from mxcp.runtime import db, mcp, reload_duckdb
from mxcp.sdk.auth.context import get_user_context

WORD = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


def _caller():
    return get_user_context().user_id


def _by_sql():
    return db.execute("SELECT get_username() AS who")[0]["who"]


def mine(n):
    return {"n": n, "who": _caller(), "by_sql": _by_sql()}


async def mine_async(n):
    await asyncio.sleep(0.001)
    who = _caller()
    await asyncio.sleep(0.001)
    return {"n": n, "who": who, "by_sql": _by_sql() if who == _caller() else "another"}


def in_a_transaction(n):
    db.execute("CREATE TEMP TABLE own AS SELECT get_username() AS who")
    time.sleep(0.001)
    return {"n": n, "who": _caller(), "by_sql": db.execute("SELECT who FROM own")[0]["who"]}


def churn(slot):
    own = {"slot": slot}
    count = "SELECT count(*) AS n FROM churned WHERE slot = $slot"
    db.execute("INSERT INTO churned SELECT $slot, i, repeat('x', 100) FROM range(20) t(i)", own)
    put = db.execute(count, own)[0]["n"]
    db.execute("DELETE FROM churned WHERE slot = $slot", own)
    return {"put": put, "left": db.execute(count, own)[0]["n"]}


def job(n):
    mcp.progress(1, 2, "half")
    time.sleep(0.05)
    return mine(n)


def asks():
    answer = mcp.elicit("Which word?", WORD, key="word")
    return {"word": answer.content["word"], "who": _caller()} if answer.accepted else {"word": "", "who": _caller()}


def rests(seconds):
    time.sleep(seconds)
    return seconds


async def rests_async(seconds):
    await asyncio.sleep(seconds)
    return seconds


def refresh():
    reload_duckdb(description="soak")
    return "asked"
