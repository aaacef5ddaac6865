"""The tools of the desk."""

import asyncio
import dataclasses
import datetime

from mxcp.runtime import config, db, mcp, on_init


@on_init
def load_tickets() -> None:
    """The tickets are loaded once, when the desk opens."""
    db.execute("CREATE TABLE IF NOT EXISTS tickets AS FROM read_csv('data/tickets.csv')")


@dataclasses.dataclass
class Ticket:
    id: int
    customer: str
    subject: str
    urgency: int


def find_tickets(customer: str | None, opened_since: datetime.date) -> list[Ticket]:
    rows = db.execute(
        """
        SELECT id, customer, subject, urgency_desk(subject) AS urgency FROM tickets
        WHERE state = 'open' AND opened >= $since AND ($customer IS NULL OR customer = $customer)
        ORDER BY urgency DESC, id
        """,
        {"since": opened_since, "customer": customer},
    )
    return [Ticket(**row) for row in rows]


async def check_services(services: list[str]) -> dict[str, str]:
    """Looks at all services at once, and tells how far it is."""
    states = {}

    async def check(service: str) -> None:
        # A real desk would make a request here: others wait no longer for it.
        await asyncio.sleep(0.01)
        states[service] = "down" if service == "shop" else "up"
        await mcp.progress(len(states), len(services), f"{service} is {states[service]}")

    await asyncio.gather(*(check(service) for service in services))
    return {service: states[service] for service in services}


def draft_reply(ticket: int) -> dict[str, str]:
    rows = db.execute("SELECT customer, subject FROM tickets WHERE id = $id", {"id": ticket})
    if not rows:
        raise LookupError(f"there is no ticket {ticket}")
    sender = (config.get_secret("mailbox") or {}).get("sender", "nobody")
    return {
        "from": sender,
        "subject": f"Re: {rows[0]['subject']}",
        "text": f"Dear {rows[0]['customer']},\n\nthank you for your message. We are looking into it.",
    }


async def close_ticket(ticket: int, reason: str | None) -> str:
    """Asks whoever sits at the client for a reason, if there is somebody and none was given."""
    if reason is None:
        answer = await mcp.elicit(
            f"Why is ticket {ticket} closed?",
            {
                "type": "object",
                "properties": {"reason": {"type": "string", "enum": ["solved", "duplicate", "no answer"]}},
                "required": ["reason"],
            },
            key="reason",
        )
        if answer.action != "accept" or answer.content is None:
            return "left open"
        reason = str(answer.content["reason"])
    db.execute("UPDATE tickets SET state = 'closed' WHERE id = $id", {"id": ticket})
    return f"closed: {reason}"
