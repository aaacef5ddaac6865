from typing import Any


def _private() -> Any:
    return "no"


def report(day=None):
    return {"from": "report", "day": day}


def another():
    return "another"
