"""What functions return that is not yet there: awaitables and generators."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Awaitable
from decimal import Decimal
from itertools import islice
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import cast

# What most functions return. Nothing of these classes is awaitable, or left to be computed.
FINISHED = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        str,
        bytes,
        list,
        tuple,
        dict,
        datetime.date,
        datetime.time,
        datetime.datetime,
        datetime.timedelta,
        Decimal,
    }
)
# A generator with more items than this is taken for one that never ends.
_MOST_ITEMS = 1_000_000
# Some awaitables give themselves.
_MOST_AWAITS = 3
# Of `inspect`: a generator that `types.coroutine` made a coroutine.
_ITERABLE_COROUTINE = 0x100


def is_awaitable(value: object) -> bool:
    """Whether `await` takes a value."""
    kind = type(value)
    if kind is CoroutineType:
        return True
    if isinstance(value, GeneratorType):
        return bool(value.gi_code.co_flags & _ITERABLE_COROUTINE)
    # A class may have the method for its instances; instances that make up attributes have not.
    return isinstance(value, Awaitable)


def is_stream(value: object) -> bool:
    """Whether a value is an asynchronous generator."""
    return isinstance(value, AsyncGeneratorType)


def drain(value: object) -> object:
    """A list of what a generator gives; any other value as it is."""
    if not isinstance(value, GeneratorType):
        return value
    items = list(islice(value, _MOST_ITEMS + 1))
    if len(items) > _MOST_ITEMS:
        value.close()
        raise ValueError(f"generator gives more than {_MOST_ITEMS} items")
    return items


async def arrive(value: object) -> object:
    """What comes of awaiting a value, and that if need be; a list of what a generator gives."""
    for _ in range(_MOST_AWAITS):
        if not is_awaitable(value):
            break
        value = await cast("Awaitable[object]", value)
    return await _drain_later(value) if is_stream(value) else drain(value)


async def _drain_later(value: object) -> object:
    items: list[object] = []
    async for item in cast("AsyncIterator[object]", value):
        items.append(item)
        if len(items) > _MOST_ITEMS:
            raise ValueError(f"generator gives more than {_MOST_ITEMS} items")
    return items
