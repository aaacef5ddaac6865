from mxcp.runtime import db, on_init, on_shutdown


@on_init
def fill():
    db.execute("CREATE OR REPLACE TABLE stock AS SELECT i AS id, i * 1.5 AS price FROM range(1, 6) t(i)")


@on_init
async def note():
    db.execute("CREATE OR REPLACE TABLE began AS SELECT 'async' AS how")


@on_shutdown
def leave():
    db.execute("CREATE TABLE IF NOT EXISTS ended (how VARCHAR)")
