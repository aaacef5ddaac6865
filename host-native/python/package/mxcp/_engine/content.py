"""A piece of MCP content among the results of a function."""

from __future__ import annotations


class ContentBlock(dict[str, object]):
    """A content block as MCP writes it: `{"type": "image", "data": …, "mimeType": …}`.

    A class of its own tells it from a dict that happens to look like one.
    """
