"""Bounds that both ends of the pipe keep."""

FRAME_BYTES = 256 * 1024 * 1024
"""Longest frame."""

NESTING = 100
"""How many lists and objects may be inside each other."""

LONG_INTEGER_BITS = 10_000
"""Integers beyond this travel as text: Python converts them to digits by its decimal type only."""
