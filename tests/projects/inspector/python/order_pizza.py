from mxcp.runtime import mcp

PIZZA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "Who it is for"},
        "size": {"type": "string", "oneOf": [{"const": "s", "title": "small"}, {"const": "l", "title": "large"}]},
        "slices": {"type": "integer", "minimum": 1, "maximum": 12},
    },
    "required": ["name", "size"],
}


async def order_pizza():
    order = await mcp.elicit("Which `pizza`?", PIZZA)
    if not order.accepted:
        return "no pizza"
    wish = await mcp.sample("What goes on it?")
    roots = await mcp.roots()
    return {**order.content, "topping": wish.text, "folders": [root.uri for root in roots]}
