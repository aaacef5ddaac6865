import time


def rest(milliseconds: int) -> int:
    """Waits as a call of something slow does, and keeps its worker process from other calls meanwhile."""
    time.sleep(milliseconds / 1000)
    return milliseconds
