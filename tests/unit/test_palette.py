"""A picture keeps what it shows when it gets a palette."""

import struct
import zlib

import pytest

from tests.palette import SIGNATURE, with_palette

WHITE, GREEN, NEARLY = (255, 255, 255), (11, 90, 73), (11, 90, 74)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, rows: list[bytes], kind: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, len(rows), 8, kind, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")


def pixels(made: bytes, width: int) -> list[list[tuple[int, ...]]]:
    """What a reader of the format sees in a PNG with a palette and no filters."""
    parts, at = dict[bytes, bytes](), len(SIGNATURE)
    while at < len(made):
        length = int.from_bytes(made[at : at + 4], "big")
        parts[made[at + 4 : at + 8]] = made[at + 8 : at + 8 + length]
        assert int.from_bytes(made[at + 8 + length : at + 12 + length], "big") == zlib.crc32(
            made[at + 4 : at + 8 + length]
        )
        at += length + 12
    data, palette = zlib.decompress(parts[b"IDAT"]), parts[b"PLTE"]
    lines = [data[start + 1 : start + 1 + width] for start in range(0, len(data), width + 1)]
    return [[tuple(palette[place * 3 : place * 3 + 3]) for place in line] for line in lines]


def test_every_filter_is_undone() -> None:
    plain = bytes([0, *WHITE, *GREEN])
    left = bytes([1, *WHITE, *((green - white) % 256 for green, white in zip(GREEN, WHITE, strict=True))])
    up = bytes([2, *[0] * 6])
    half = bytes([3, *[(white - white // 2) % 256 for white in WHITE]])
    half += bytes((green - (white + green) // 2) % 256 for green, white in zip(GREEN, WHITE, strict=True))
    paeth = bytes([4, *[0] * 6])  # the one above is nearest for the first, and for the second

    made = with_palette(png(2, [plain, left, up, half, paeth]))

    assert pixels(made, 2) == [[WHITE, GREEN]] * 5


def test_alpha_is_left_out() -> None:
    assert pixels(with_palette(png(1, [bytes([0, *GREEN, 255])], kind=6)), 1) == [[GREEN]]


def test_a_colour_too_many_gets_the_nearest_one() -> None:
    grey = [(number, number, number) for number in range(255)]
    row = bytes([0, *(channel for colour in [*grey, *grey, GREEN, GREEN, NEARLY] for channel in colour)])

    made = pixels(with_palette(png(513, [row])), 513)[0]

    assert made[-3:] == [GREEN, GREEN, GREEN]
    assert made[:255] == grey


def test_another_kind_of_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="as Chromium writes it"):
        with_palette(png(1, [bytes([0, 0])], kind=3))
