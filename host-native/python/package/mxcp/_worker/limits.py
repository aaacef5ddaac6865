"""Bounds that both ends of the pipe keep."""

FRAME_BYTES = 256 * 1024 * 1024
"""Longest frame."""

NESTING = 100
"""How many lists and objects may be inside each other."""

VALUES = 10_000_000
"""How many values a result may have: what contains itself many times over has more than there is memory for."""

STEPS = 16
"""How often a value may be said by another one that is of no base type either."""

LONG_INTEGER_BITS = 10_000
"""Integers beyond this travel as text: Python converts them to digits by its decimal type only."""
