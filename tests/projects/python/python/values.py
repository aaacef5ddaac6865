"""What goes in and comes out."""

import asyncio
import dataclasses
import datetime
import decimal
import enum
import uuid

from mxcp.runtime import config, db, mcp, plugins
from mxcp.sdk.auth.context import get_user_context
from mxcp.sdk.executor import get_execution_context


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float


def add(a, b):
    return a + b


async def add_later(a, b):
    await asyncio.sleep(0.001)
    return a + b


def kinds(day, moment, at, tags, address, count, ratio, note):
    return {
        "day": type(day).__name__,
        "moment": type(moment).__name__,
        "at": type(at).__name__,
        "tags": [type(tag).__name__ for tag in tags],
        "since": type(address["since"]).__name__,
        "keys": sorted(address),
        "count": type(count).__name__,
        "ratio": type(ratio).__name__,
        "note": type(note).__name__,
    }


def results(which):
    return {
        "none": None,
        "text": "plain",
        "big": 2**100,
        "nan": float("nan"),
        "nested_nan": {"a": [float("inf"), 1.5]},
        "tuple": (1, "two"),
        "set": {1},
        "deque": __import__("collections").deque([1, 2]),
        "generator": (n for n in range(3)),
        "dataclass": Point(1, 2.5),
        "enum": Colour.RED,
        "decimal": decimal.Decimal("1.50"),
        "uuid": uuid.UUID(int=1),
        "date": datetime.date(2024, 1, 2),
        "dates": [{"on": datetime.date(2024, 1, 2)}],
        "datetime": datetime.datetime(2024, 1, 2, 3, 4, 5),
        "zoned": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
        "timedelta": datetime.timedelta(hours=1),
        "bytes": b"abc",
        "keys": {1: "a", None: "b", False: "c"},
        "surrogate": "a\ud800b",
        "coroutine": asyncio.sleep(0, "slept"),
    }[which]


def point():
    return Point(1, 2.5)


def points():
    return [Point(1, 2.5), Point(3, 4.5)]


def stock(least):
    return db.execute("SELECT id, price FROM stock WHERE price >= $least ORDER BY id", {"least": least})


def columns():
    row = db.execute(
        "SELECT 1::HUGEINT AS huge, 1.50::DECIMAL(9,2) AS decimal, NULL::DOUBLE AS none, DATE '2024-01-02' AS day, "
        "'00000000-0000-0000-0000-000000000001'::UUID AS id, 'ab'::BLOB AS bytes, [1, NULL] AS list, "
        "{'a': 1} AS struct, INTERVAL 1 HOUR AS span, TIME '10:00:00' AS time, TIMESTAMPTZ '2024-01-02 00:00:00+00' AS zoned"
    )[0]
    return {name: type(value).__name__ for name, value in row.items()}


def doubles():
    found = db.execute(
        "SELECT 'inf'::DOUBLE AS a, 'nan'::FLOAT AS b, [1.5, '-inf'::DOUBLE] AS c, {'d': 'inf'::DOUBLE} AS s, NULL::DOUBLE AS n"
    )[0]
    known = "SELECT $a = 'inf'::DOUBLE AS a, isnan($b) AS b, $c[2] = '-inf'::DOUBLE AS c, $s.d = 'inf'::DOUBLE AS s, $n IS NULL AS n"
    return {"found": {name: repr(value) for name, value in found.items()}, "known": db.execute(known, found)[0]}


def transaction():
    db.execute("CREATE OR REPLACE TABLE moved (n INTEGER)")
    db.execute("BEGIN")
    db.execute("INSERT INTO moved VALUES ($n)", {"n": 1})
    db.execute("ROLLBACK")
    db.execute("CREATE TEMP TABLE mine AS SELECT 7 AS n")
    return [db.execute("SELECT count(*) AS n FROM moved")[0]["n"], db.execute("SELECT n FROM mine")[0]["n"]]


def leftovers():
    try:
        db.execute("SELECT * FROM mine")
    except Exception as error:
        return str(error)
    return "found"


def settings():
    return {
        "secret": config.get_secret("depot"),
        "none": config.get_secret("nobody"),
        "project": config.get_setting("project"),
        "missing": config.get_setting("profiles.nope.duckdb", "default"),
        "plugins": plugins.list(),
        "rate": plugins.get("eu").rate_of(),
    }


def functions():
    return db.execute(
        "SELECT gross_eu(10.0) AS gross, label_eu('a') AS label, label_eu(NULL) AS nothing, doubled_eu([1, 2]) AS doubled, "
        "asked_eu(1) AS asked, exact_eu('1.5') AS exact"
    )[0]


def who():
    user = get_user_context()
    return None if user is None else {"username": user.username, "provider": user.provider, "email": user.email}


def context():
    context = get_execution_context()
    return {"transport": context.get("transport"), "user": context.username}


async def steps(count):
    for step in range(count):
        await mcp.progress(step + 1, count, f"step {step + 1}")
        await mcp.info(f"at {step + 1}")
    return count
