"""A picture of a page with few colours, as a PNG with a palette: a third of the bytes. Pure."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256
Colour = tuple[int, int, int]


def with_palette(png: bytes) -> bytes:
    """The same picture; what is beyond its 256 most frequent colours gets the nearest one of them.

    It must be as Chromium writes it: eight bits a channel, no interlace, with or without alpha, which is left out.
    """
    chunks = list(_chunks(png))
    width, height, bits, kind, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    if (bits, rest[2]) != (8, 0) or kind not in (2, 6):
        raise ValueError("not a PNG as Chromium writes it")
    data = zlib.decompress(b"".join(content for name, content in chunks if name == b"IDAT"))
    rows = list(_rows(data, width, height, 4 if kind == 6 else 3))
    frequent = [colour for colour, _ in Counter(pixel for row in rows for pixel in row).most_common(COLOURS)]
    place = {colour: number for number, colour in enumerate(frequent)}
    lines = (bytes([0, *(_place(pixel, place, frequent) for pixel in row)]) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = bytes(channel for colour in frequent for channel in colour)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _place(pixel: Colour, place: dict[Colour, int], frequent: list[Colour]) -> int:
    if pixel not in place:
        distances = [sum((one - other) ** 2 for one, other in zip(pixel, known, strict=True)) for known in frequent]
        place[pixel] = distances.index(min(distances))
    return place[pixel]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _rows(data: bytes, width: int, height: int, step: int) -> Iterator[list[Colour]]:
    """Undoes the filters (PNG specification, 9)."""
    length = width * step
    above = bytearray(length)
    for number in range(height):
        start = number * (length + 1)
        row = bytearray(data[start + 1 : start + 1 + length])
        _unfilter(data[start], row, above, step)
        yield [(row[at], row[at + 1], row[at + 2]) for at in range(0, length, step)]
        above = row


def _unfilter(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    if kind == 0:
        return
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        up = above[at]
        corner = above[at - step] if at >= step else 0
        row[at] = (row[at] + _predicted(kind, left, up, corner)) & 255


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    match kind:
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
    near = left + up - corner
    return min((left, up, corner), key=lambda one: abs(near - one))
