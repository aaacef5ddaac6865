"""Values on their way into functions and out of them."""

import unittest

from harness import project, result, run

TYPES = """
import dataclasses, datetime, decimal

def inside(day, at, number, items):
    return [type(day).__name__, type(at).__name__, type(number).__name__, [type(i).__name__ for i in items], number]

def big():
    return {"wide": 10**5000 == int(decimal.Decimal(10**5000)), "digits": 2**200, "minus": -(2**64)}

def huge():
    return 10**5000

def mixed():
    return {1: "a", "1": "b", None: (1, [2]), "half": "a\\ud800b", "pair": "\\ud83d\\ude00", "nan": float("nan")}

def moments():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    return [datetime.datetime(2024, 1, 2, 3, 4, 5, 600, zone), datetime.date(1, 1, 1), datetime.time(1, 2, 3),
            datetime.timedelta(days=-1, seconds=1)]

def money():
    return {"price": decimal.Decimal("1.50"), "none": decimal.Decimal("NaN"), "raw": b"ab", "odd": b"\\xff"}

def level(count):
    value = 1
    for _ in range(count):
        value = [value]
    return value

def cycle():
    value = {}
    value["self"] = [value, value]
    return value

def bomb():
    value = [0] * 10
    for _ in range(90):
        value = [value] * 10
    return value

def objects():
    target = {"a": 1}

    @dataclasses.dataclass
    class Adding:
        # Saying what it is changes what it lies in.
        x: int

        def __getattribute__(self, name):
            target[f"later {len(target)}"] = 1
            return object.__getattribute__(self, name)

    target["b"] = Adding(2)
    return target
"""

TOOLS = {
    "inside": """
        parameters:
          - {name: day, type: string, format: date}
          - {name: at, type: string, format: date-time}
          - {name: number, type: integer}
          - {name: items, type: array, items: {type: number}}
    """,
    "level": "parameters: [{name: count, type: integer}]",
}


class Values(unittest.TestCase):
    def setUp(self) -> None:
        context = project(TYPES, TOOLS)
        self.root = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_arguments_have_the_classes_of_their_types(self) -> None:
        given = ["day=2024-01-02", "at=2024-01-02T03:04:05Z", f"number={2**70}", "items=[1, 2.5]"]
        words = [word for value in given for word in ("-p", value)]
        self.assertEqual(
            result(self.root, "inside", *words), ["date", "datetime", "int", ["float", "float"], 2**70]
        )

    def test_integers_of_any_size_are_exact(self) -> None:
        self.assertEqual(result(self.root, "big"), {"wide": True, "digits": 2**200, "minus": -(2**64)})
        self.assertIn("1" + "0" * 5000, run(self.root, "run", "tool", "huge", "--json-output").stdout)

    def test_keys_are_texts_and_the_last_of_equal_ones_wins(self) -> None:
        expected = {"1": "b", "null": [1, [2]], "half": "a\ufffdb", "pair": "\U0001f600", "nan": None}
        self.assertEqual(result(self.root, "mixed"), expected)

    def test_moments_keep_their_zone_and_fraction(self) -> None:
        moment, day, time, span = result(self.root, "moments")
        self.assertEqual([moment, time], ["2024-01-02T03:04:05.000600+02:00", "01:02:03"])
        self.assertTrue(day.startswith("0001-01-01"), day)
        # A day back and a second on is less than a day back.
        self.assertEqual(span, "PT-23H-59M-59S")

    def test_decimals_and_bytes_are_texts_where_nothing_is_declared(self) -> None:
        self.assertEqual(
            result(self.root, "money"), {"price": "1.50", "none": "NaN", "raw": "ab", "odd": "/w=="}
        )

    def test_results_may_be_nested_a_hundred_levels_deep(self) -> None:
        problem = "Result is nested deeper than 100 levels"
        value = result(self.root, "level", "-p", "count=100")
        for _ in range(100):
            (value,) = value
        self.assertEqual(value, 1)
        self.assertEqual(result(self.root, "level", "-p", "count=101"), problem)
        self.assertEqual(result(self.root, "level", "-p", "count=100000"), problem)
        self.assertEqual(result(self.root, "cycle"), problem)

    def test_what_is_shared_too_often_is_refused(self) -> None:
        self.assertIn("Result has more than", result(self.root, "bomb"))

    def test_what_changes_while_it_is_looked_at_is_what_it_was(self) -> None:
        self.assertEqual(result(self.root, "objects"), {"a": 1, "b": {"x": 2}})


if __name__ == "__main__":
    unittest.main()
