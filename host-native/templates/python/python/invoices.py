"""Invoices that are overdue, with the interest that they bear."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from mxcp.runtime import db

# Per year; days are counted as they are, a year has 365 of them.
RATE = Decimal("0.08")


def overdue_invoices(day: date, customer: str | None) -> list[dict]:
    """What the tool of the same name calls. Arguments arrive checked, with the types of the contract."""
    rows = db.execute(
        """
        SELECT number, customer, contact, due::DATE::VARCHAR AS due, amount::VARCHAR AS amount
        FROM 'data/invoices.csv'
        WHERE due < $day AND ($customer IS NULL OR customer = $customer)
        ORDER BY due
        """,
        {"day": day, "customer": customer},
    )
    return [with_interest(row, day) for row in rows]


def with_interest(row: dict, day: date) -> dict:
    days = (day - date.fromisoformat(row["due"])).days
    amount = Decimal(row["amount"])
    interest = (amount * RATE * days / 365).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return {**row, "amount": amount, "days": days, "interest": interest}
