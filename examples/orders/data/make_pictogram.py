"""Writes fragile.png: the outline of a glass on white, 48 by 48 pixels.

    python make_pictogram.py

The same bytes come out every time.
"""

import pathlib
import struct
import zlib

SIZE = 48


def is_dark(x, y):
    """Whether a pixel is on the outline: a bowl, a stem and a foot."""
    middle = abs(x - 23.5)
    if 6 <= y < 24:
        edge = 11 - (y - 6) / 3
        return edge - 2 <= middle < edge or (y < 8 and middle < edge)
    return middle < 2 if 24 <= y < 39 else middle < 10 and 39 <= y < 42


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + bytes(0 if is_dark(x, y) else 255 for x in range(SIZE)) for y in range(SIZE))
picture = b"\x89PNG\r\n\x1a\n"
picture += chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 0, 0, 0, 0))
picture += chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
(pathlib.Path(__file__).parent / "fragile.png").write_bytes(picture)
