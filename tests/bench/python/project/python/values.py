"""What is measured."""

import asyncio
import time

from mxcp.runtime import db


def add(a, b):
    return a + b


async def add_async(a, b):
    return a + b


async def rest(milliseconds):
    await asyncio.sleep(milliseconds / 1000)
    return milliseconds


def crunch(rounds):
    total = 0
    for number in range(rounds):
        total = (total * 31 + number) % 1_000_003
    return total


def ask(number):
    return db.execute("SELECT $number + 1 AS n", {"number": number})[0]["n"]


def functions(rows):
    """Milliseconds of a query with a function of a plug-in, over so many rows: integers, then texts; best of five."""
    times = {}
    for name, call in {"twice": "sum(twice_bench(i::INTEGER))", "shout": "max(shout_bench('row ' || i))"}.items():
        best = None
        for _ in range(5):
            begin = time.perf_counter()
            db.execute(f"SELECT {call} AS result FROM range({int(rows)}) t(i)")
            taken = (time.perf_counter() - begin) * 1000
            best = taken if best is None else min(best, taken)
        times[name] = best
    return times
