"""Repayment plans and due dates, as functions of a WebAssembly component.

The class for each exported interface is named after it: `schedule` is implemented by `Schedule`.
"""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import calendar, schedule

CENT = Decimal("0.01")
MOST_MONTHS = 600
MOST_DAYS = 36_600


class Schedule(exports.Schedule):
    def amortise(self, principal, annual_percent, months, first_due, extra):
        owed = amount("principal", principal)
        rate = amount("annual_percent", annual_percent, places=6) / 1200
        first = day("first_due", first_due)
        if owed <= 0:
            raise invalid("principal", "it has to be more than nothing")
        if months == 0:
            raise invalid("months", "at least one is needed")
        if months > MOST_MONTHS:
            raise Err(schedule.Error_TooLong(MOST_MONTHS))

        monthly = annuity(owed, rate, months)
        lines, total = [], Decimal(0)
        number = 0
        while owed > 0:
            number += 1
            interest = cents(owed * rate)
            payment = min(monthly + beyond(extra, number), owed + interest)
            if number == months:
                payment = owed + interest
            owed += interest - payment
            total += interest
            lines.append(
                schedule.Instalment(
                    number=number,
                    due=in_months(first, number - 1).isoformat(),
                    payment=text(payment),
                    interest=text(interest),
                    principal=text(payment - interest),
                    balance=text(owed),
                )
            )
        return schedule.Plan(
            monthly=text(monthly), total_interest=text(total), last_due=lines[-1].due, instalments=lines
        )


class Calendar(exports.Calendar):
    def due_dates(self, first, last, on, every):
        try:
            first, last = date.fromisoformat(first), date.fromisoformat(last)
        except ValueError as error:
            raise Err(str(error)) from error
        if (last - first).days > MOST_DAYS:
            raise Err("that is more than a hundred years")
        if every == 0:
            raise Err("every 0th week never comes")
        wanted = [index for index, flag in enumerate(calendar.Weekdays) if flag in on]
        monday = first - timedelta(days=first.weekday())
        days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
        return [
            it.isoformat()
            for it in days
            if it.weekday() in wanted and (it - monday).days // 7 % (every or 1) == 0
        ]


def annuity(owed, rate, months):
    """What is due each month, so that nothing is owed after the last."""
    if rate == 0:
        return cents(owed / months)
    growth = (1 + rate) ** months
    return cents(owed * rate * growth / (growth - 1))


def beyond(extra, number):
    """What is paid on top with an instalment."""
    match extra:
        case schedule.Extra_Monthly(value=value):
            return amount("extra", value)
        case schedule.Extra_Once(value=single) if single.number == number:
            return amount("extra", single.amount)
        case _:
            return Decimal(0)


def in_months(first, months):
    """The same day of a later month, or the last one that it has."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    for last in (first.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(first.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def amount(name, written, places=2):
    try:
        value = Decimal(written)
    except InvalidOperation as error:
        raise invalid(name, f"{written!r} is no number") from error
    if not value.is_finite() or value < 0:
        raise invalid(name, "it has to be a number, and no negative one")
    if -value.as_tuple().exponent > places:
        raise invalid(name, f"at most {places} decimal places")
    return value


def day(name, written):
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise invalid(name, str(error)) from error


def invalid(name, why):
    return Err(schedule.Error_Invalid((name, why)))


def cents(value):
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def text(value):
    return format(value.quantize(CENT), "f")
