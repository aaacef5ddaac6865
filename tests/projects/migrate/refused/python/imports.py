from mxcp.runtime import db
from mxcp.sdk.duckdb import DuckDBRuntime  # gone


def imports():
    return db.execute("SELECT 1 AS one")
