"""What the conformance suite wants to be asked."""

import asyncio
import json

from mxcp.runtime import AskUnsupported, mcp


def form(*required: str, **properties: dict) -> dict:
    """The schema of a form."""
    return {"type": "object", "properties": properties, "required": list(required)}


NAME = form("name", name={"type": "string"})
OK = form("ok", ok={"type": "boolean"})


def completed(result) -> str:
    return f"Elicitation completed: action={result.action}, content={json.dumps(result.content)}"


# Before 2026-07-28, while the call waits.


async def test_elicitation(message: str) -> str:
    schema = form(
        "username",
        "email",
        username={"type": "string", "description": "User's response"},
        email={"type": "string", "description": "User's email address"},
    )
    result = await mcp.elicit(message, schema)
    return f"User response: action={result.action}, content={json.dumps(result.content)}"


def test_elicitation_sep1034_defaults() -> str:
    schema = form(
        name={"type": "string", "default": "John Doe"},
        age={"type": "integer", "default": 30},
        score={"type": "number", "default": 95.5},
        status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        verified={"type": "boolean", "default": True},
    )
    return completed(mcp.elicit("Please check these", schema))


def test_elicitation_sep1330_enums() -> str:
    options = ["option1", "option2", "option3"]
    titled = [
        {"const": "value1", "title": "First"},
        {"const": "value2", "title": "Second"},
        {"const": "value3", "title": "Third"},
    ]
    schema = form(
        untitledSingle={"type": "string", "enum": options},
        titledSingle={"type": "string", "oneOf": titled},
        legacyEnum={
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        untitledMulti={"type": "array", "items": {"type": "string", "enum": options}},
        titledMulti={"type": "array", "items": {"anyOf": titled}},
    )
    return completed(mcp.elicit("Please choose", schema))


def test_sampling(prompt: str) -> str:
    return f"LLM response: {mcp.sample(prompt, max_tokens=100).text}"


# Since 2026-07-28, in rounds.


async def test_input_required_result_elicitation() -> str:
    result = await mcp.elicit("What is your name?", NAME, key="user_name")
    return f"Hello, {result.content['name']}!" if result.accepted else "Hello!"


def test_input_required_result_sampling() -> str:
    return mcp.sample("What is the capital of France?", max_tokens=100, key="capital_question").text


async def test_input_required_result_list_roots() -> str:
    roots = await mcp.roots(key="client_roots")
    return ", ".join(root.uri for root in roots)


def test_input_required_result_request_state() -> str:
    mcp.elicit("Please confirm", OK, key="confirm")
    return "state-ok"


async def test_input_required_result_multiple_inputs() -> str:
    name, greeting, roots = await asyncio.gather(
        mcp.elicit("What is your name?", NAME, key="user_name"),
        mcp.sample("Generate a greeting", max_tokens=50, key="greeting"),
        mcp.roots(key="client_roots"),
    )
    return f"{greeting.text} {name.content['name']}, you work on {len(roots)} folders"


def test_input_required_result_multi_round() -> str:
    name = mcp.elicit("Step 1: What is your name?", NAME, key="step1").content["name"]
    color = form("color", color={"type": "string"})
    color = mcp.elicit("Step 2: What is your favorite color?", color, key="step2").content["color"]
    return f"{name} likes {color}"


def test_input_required_result_tampered_state() -> str:
    return mcp.elicit("Please confirm", OK, key="confirm").action


def test_input_required_result_capabilities() -> str:
    try:
        mcp.elicit("What is your name?", NAME, key="user_name")
    except AskUnsupported:
        pass
    return mcp.sample("Generate a greeting", max_tokens=50, key="greeting").text


# What a client can and can't do.


def test_missing_capability() -> str:
    return mcp.sample("Say something", max_tokens=10).text


async def test_streaming_elicitation() -> str:
    await mcp.progress(1, 2)
    return (await mcp.elicit("Please confirm", OK)).action
