"""Compound files (OLE 2), the container of .xls, .et, .doc and of encrypted packages.

Belongs here: opening one within bounds, one of its streams, and a clean container around a single stream: parsers that
follow a chain of sectors for ever are never given the chains of a stranger. Does not belong here: what the streams say.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import olefile

MAGIC: Final[bytes] = olefile.MAGIC
_COUNTS: Final = struct.Struct("<44xI16xI4xI")
"""of the header: sectors of the allocation table, of the small one, and of the table of tables"""
_SHIFTS: Final = (9, 12)
_SPARE_SECTORS: Final = 8
_SECTOR: Final = 4096
_END: Final = 0xFFFFFFFE
_FREE: Final = 0xFFFFFFFF
_TABLE: Final = 0xFFFFFFFD
_PER_TABLE: Final = _SECTOR // 4
_TABLES_IN_HEADER: Final = 109


@contextmanager
def open_compound(data: bytes) -> Iterator[olefile.OleFileIO[str]]:
    """The compound file. Raises ValueError or whatever a damaged one makes of its parser, always in bounded time."""
    shift = int.from_bytes(data[30:32], "little")
    if shift not in _SHIFTS or len(data) < 2**shift:
        raise ValueError("no compound file")
    sectors = (len(data) >> shift) + 1
    tables, small_tables, table_lists = _COUNTS.unpack_from(data)
    # the library joins one table after the other: there may be as many as the file has use for
    if max(tables, small_tables, table_lists) > 2 * (sectors >> (shift - 2)) + _SPARE_SECTORS:
        raise ValueError("allocation tables larger than the file")
    with olefile.OleFileIO(io.BytesIO(data)) as compound:
        sizes = [compound.get_size(path) for path in compound.listdir()]
        # a chain that runs in a circle is followed for as long as the stream is said to be
        sizes.append(getattr(compound.root, "size", 0))
        if max(sizes) > len(data):
            raise ValueError("a stream larger than the file")
        yield compound


def stream_of(data: bytes, names: tuple[str, ...]) -> bytes:
    """The first stream of these names. Raises LookupError where there is none, and what ``open_compound`` does."""
    with open_compound(data) as compound:
        for name in names:
            if compound.exists(name):
                return bytes(compound.openstream(name).read())
    raise LookupError(f"no stream {names}")


def compound_of(name: str, stream: bytes) -> bytes:
    """A compound file of version 4 with this one stream, filled up with zeros to whole sectors."""
    # streams of less than a sector would live in a second, smaller system of sectors
    body = stream.ljust(_SECTOR, b"\0")
    body += bytes(-len(body) % _SECTOR)
    sectors = len(body) // _SECTOR + 1
    tables = -(-sectors // (_PER_TABLE - 1))
    if tables > _TABLES_IN_HEADER:
        raise ValueError("stream too large")
    first = tables + 1
    chain = [*[_TABLE] * tables, _END, *range(first + 1, tables + sectors), _END]
    chain += [_FREE] * (tables * _PER_TABLE - len(chain))
    # a root without a stream of its own would be an empty file to some: it may name the directory's sector
    entries = _entry("Root Entry", 5, 1, tables, 0) + _entry(name, 2, _FREE, first, len(body))
    entries += _entry("", 0, _FREE, 0, 0) * (_SECTOR // 128 - 2)
    head = MAGIC + struct.pack("<16x5H6x9I", 0x3E, 4, 0xFFFE, 12, 6, 1, tables, tables, 0, _SECTOR, _END, 0, _END, 0)
    head += struct.pack(f"<{_TABLES_IN_HEADER}I", *range(tables), *[_FREE] * (_TABLES_IN_HEADER - tables))
    return head.ljust(_SECTOR, b"\0") + struct.pack(f"<{len(chain)}I", *chain) + entries + body


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    title = name.encode("utf-16-le")
    length = len(title) + 2 if name else 0
    return title.ljust(64, b"\0") + struct.pack("<HBB3I36xIQ", length, kind, 1, _FREE, _FREE, child, start, size)
