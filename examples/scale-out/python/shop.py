"""The data of the shop: `shop` is what analysts load, `desk` is what is reserved."""

from pathlib import Path

from mxcp.runtime import config, db, on_init


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@on_init
def attach() -> None:
    place = config.get_secret("shop") or {}
    if place.get("database"):
        attach_shared(place["database"], place["files"], place.get("extensions"))
    else:
        attach_local()


def attach_shared(database: str, files: str, extensions: str | None) -> None:
    """A DuckLake with its catalogue in PostgreSQL and its data in Parquet files, and tables of the same PostgreSQL."""
    for name in ("postgres_scanner", "ducklake"):
        # Without a folder of extensions DuckDB fetches them.
        file = Path(extensions, f"{name}.duckdb_extension") if extensions else None
        db.execute(f"LOAD {quoted(str(file))}" if file else f"INSTALL {name}; LOAD {name}")
    db.execute(
        f"ATTACH IF NOT EXISTS {quoted('ducklake:postgres:' + database)} AS shop"
        f" (DATA_PATH {quoted(files)})"
    )
    db.execute(f"ATTACH IF NOT EXISTS {quoted(database)} AS desk (TYPE postgres, SCHEMA 'public')")


def attach_local() -> None:
    """The same tables in memory."""
    db.execute("ATTACH IF NOT EXISTS ':memory:' AS shop")
    db.execute("ATTACH IF NOT EXISTS ':memory:' AS desk")
    db.execute(Path("sql/load.sql").read_text())


def reserve(reservation: str, sku: str, kilos: int) -> dict[str, object]:
    """The first one to come with a key reserves; whoever comes again is told what stands."""
    asked = {"reservation": reservation, "sku": sku, "kilos": kilos}
    db.execute(
        "INSERT INTO desk.reservations (reservation, sku, kilos) VALUES ($reservation, $sku, $kilos)"
        " ON CONFLICT (reservation) DO NOTHING",
        asked,
    )
    rows = db.execute(
        "SELECT reservation, sku, kilos FROM desk.reservations WHERE reservation = $reservation",
        {"reservation": reservation},
    )
    return rows[0]
