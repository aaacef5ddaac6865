"""Code that misbehaves."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time


def raises():
    raise ValueError("no such order")


def raises_nothing():
    raise KeyError


def exits():
    sys.exit(3)


async def exits_later():
    sys.exit(3)


def interrupts():
    raise KeyboardInterrupt


def recurses():
    return recurses()


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def cycle():
    value = []
    value.append(value)
    return value


def prints(megabytes):
    line = "x" * 1023 + "\n"
    for _ in range(megabytes * 1024):
        sys.stdout.write(line)
    print("to stdout")
    return megabytes


def prints_elsewhere():
    # Programs that are started inherit the streams of the process.
    subprocess.run(["echo", "to stdout"], check=True)
    os.write(1, b"to stdout\n")
    return "printed"


def hangs():
    while True:
        time.sleep(0.01)


async def hangs_later():
    await asyncio.sleep(3600)


def ends_process(how):
    if how == "exit":
        os._exit(3)
    if how == "abort":
        os.abort()
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "raise":
        signal.raise_signal(signal.SIGTERM)
    return "still here"


def crashes():
    ctypes.string_at(0)


def wrong_type():
    return "five"


def unprintable():
    class Odd:
        def __repr__(self):
            raise RuntimeError("no text")

    return Odd()


def memory():
    return bytearray(1 << 62)


def thread_exits():
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    return "fine"
