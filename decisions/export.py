"""A ZIP of what is stored: a file of JSON lines for each table, and one that says what they are."""

from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from decisions.stored import Part
from decisions.words import Words

CHUNK = 64 * 1024  # bytes


def packed(parts: list[Part], title: str, say: Words, now: datetime) -> IO[bytes]:
    """An open file that is gone once it is closed, whatever happens, ready to be read. Needs a connection."""
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        told = [title, say("data.made", at=say.at(now)), say("data.explained"), ""]
        for part in parts:
            count = _write(archive, part)
            told.append(f"{part.name}.jsonl: {say(f'data.table.{part.name}')} ({count})")
        archive.writestr("README.txt", "\n".join([*told, ""]))
    file.seek(0)
    return file


def _write(archive: ZipFile, part: Part) -> int:
    count = 0
    with archive.open(f"{part.name}.jsonl", "w", force_zip64=True) as lines:
        for count, row in enumerate(part.rows(), start=1):  # noqa: B007 - the last one counts them
            lines.write(msgspec.json.encode(row) + b"\n")
    return count


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
