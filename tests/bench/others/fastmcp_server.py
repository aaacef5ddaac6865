"""The tools of the bench in the Python framework fastmcp: `python fastmcp_server.py PORT`."""

import sys

import duckdb
from fastmcp import FastMCP

server = FastMCP("bench")
database = duckdb.connect(config={"threads": 1})


@server.tool
def answer(n: int) -> int:
    """The number after the one given."""
    return database.cursor().execute("SELECT $n + 1 AS answer", {"n": n}).fetchone()[0]


@server.tool
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


server.run(
    transport="http",
    show_banner=False,
    host="127.0.0.1",
    port=int(sys.argv[1]),
    log_level="error",
    stateless_http=True,
    json_response=True,
)
