"""What the floor calls: the function of `values.py`, without the package."""


def add(a, b):
    return a + b
