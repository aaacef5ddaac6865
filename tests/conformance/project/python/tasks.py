"""What the conformance suite runs as tasks."""

import asyncio
import json

from mxcp.runtime import mcp

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
CONFIRM = {"type": "object", "properties": {"confirm": {"type": "boolean"}}, "required": ["confirm"]}


def greet(name: str) -> str:
    return f"Hello, {name}!"


async def slow_compute(seconds: float, label: str | None = None) -> str:
    for second in range(int(seconds)):
        mcp.progress(second, seconds)
        await asyncio.sleep(1)
    await asyncio.sleep(seconds % 1)
    return f"Computed {label or 'something'} in {seconds} s"


async def failing_job() -> str:
    await asyncio.sleep(1)
    raise RuntimeError("the job failed, as it should")


def protocol_error_job() -> str:
    # The suite's client has no roots, and what needs a capability that is missing is an error of the protocol.
    return str(len(mcp.roots()))


async def confirm_delete(filename: str) -> str:
    answer = await mcp.elicit(f"Delete {filename}?", CONFIRM)
    confirmed = answer.accepted and answer.content["confirm"]
    return f"{filename} was {'deleted' if confirmed else 'kept'}"


async def multi_input() -> str:
    answers = await asyncio.gather(mcp.elicit("Who are you?", NAME), mcp.elicit("And who else?", NAME))
    return json.dumps([answer.content for answer in answers])


async def test_tool_with_task() -> str:
    answer = await mcp.elicit("What is your name?", NAME, key="user_name")
    await asyncio.sleep(0.1)
    return f"Hello, {answer.content['name']}!"
