"""Compound files and the records of old Excel, made byte by byte: what no program writes must be answered too."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Mapping, Sequence

from msoffcrypto.method.rc4 import DocumentRC4

SECTOR = 512
END, FREE, TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
HEAD = struct.Struct("<8s16x5H6x9I")
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def compound(streams: Mapping[str, bytes]) -> bytearray:
    """A compound file of version 3 with these streams side by side; tables first, then the directory, then they."""
    bodies = [stream.ljust(4096, b"\0") + bytes(-max(len(stream), 4096) % SECTOR) for stream in streams.values()]
    directory_sectors = -(-(1 + len(streams)) // 4)
    needed = directory_sectors + sum(len(body) // SECTOR for body in bodies)
    tables = -(-needed // (SECTOR // 4 - 1))
    chain = [TABLE] * tables
    starts = []
    for length in (directory_sectors, *(len(body) // SECTOR for body in bodies)):
        starts.append(len(chain))
        chain += [*range(len(chain) + 1, len(chain) + length), END]
    chain += [FREE] * (tables * SECTOR // 4 - len(chain))
    entries = entry("Root Entry", 5, child=1, start=END)
    for at, (name, stream) in enumerate(streams.items(), start=1):
        right = at + 1 if at < len(streams) else FREE
        # a stream of less than eight sectors would live in the small ones
        entries += entry(name, 2, right=right, start=starts[at], size=max(len(stream), 4096))
    head = HEAD.pack(MAGIC, 0x3E, 3, 0xFFFE, 9, 6, 0, tables, starts[0], 0, 4096, END, 0, END, 0)
    head += struct.pack("<109I", *range(tables), *[FREE] * (109 - tables))
    body = struct.pack(f"<{len(chain)}I", *chain) + entries.ljust(directory_sectors * SECTOR, b"\0")
    return bytearray(head + body + b"".join(bodies))


def entry(
    name: str, kind: int, *, left: int = FREE, right: int = FREE, child: int = FREE, start: int = 0, size: int = 0
) -> bytes:
    title = name.encode("utf-16-le")
    return struct.pack("<64sHBB3I36xIQ", title, len(title) + 2, kind, 1, left, right, child, start, size)


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    return record(0x0203, struct.pack("<3Hd", row, column, style, value))


def text(row: int, column: int, value: str) -> bytes:
    return record(0x0204, struct.pack("<3HHB", row, column, 0, len(value), 1) + value.encode("utf-16-le"))


def formula(row: int, column: int, result: bytes, expression: bytes = b"\x1e\x01\x00") -> bytes:
    data = struct.pack("<3H8sHI", row, column, 0, result, 0, 0)
    return record(0x0006, data + struct.pack("<H", len(expression)) + expression)


def boolean_or_error(row: int, column: int, value: int, is_error: bool) -> bytes:
    return record(0x0205, struct.pack("<3HBB", row, column, 0, value, is_error))


def row(number_: int, *, is_hidden: bool = False) -> bytes:
    return record(0x0208, struct.pack("<3H6x2H", number_, 0, 1, 0x0100 | 0x20 * is_hidden, 0))


def dimensions(rows: int, columns: int) -> bytes:
    return record(0x0200, struct.pack("<2I2Hxx", 0, rows, 0, columns))


def merged(top: int, bottom: int, left: int, right: int) -> bytes:
    return record(0x00E5, struct.pack("<5H", 1, top, bottom, left, right))


def number_format(identity: int, code: str) -> bytes:
    return record(0x041E, struct.pack("<HHB", identity, len(code), 1) + code.encode("utf-16-le"))


def style(format_: int) -> bytes:
    return record(0x00E0, struct.pack("<2H16x", 0, format_))


def start(kind: int, version: int = 0x0600) -> bytes:
    return record(0x0809, struct.pack("<2H12x", version, kind))


END_OF_PART = record(0x000A)


def book_stream(sheets: Mapping[str, Sequence[bytes]], book: Sequence[bytes] = (), states: Sequence[int] = ()) -> bytes:
    """The stream of an Excel 97 workbook: ``book`` are records of the whole, ``states`` the sheets' visibility."""
    parts = [start(0x10) + b"".join(records) + END_OF_PART for records in sheets.values()]
    names = [struct.pack("<BB", len(name), 1) + name.encode("utf-16-le") for name in sheets]
    head = start(0x05) + b"".join(book)
    at = len(head) + sum(4 + 6 + len(name) for name in names) + len(END_OF_PART)
    for part, name, state in zip(parts, names, [*states, *[0] * len(parts)], strict=False):
        head += record(0x0085, struct.pack("<IBB", at, state, 0) + name)
        at += len(part)
    return head + END_OF_PART + b"".join(parts)


def xls(*records: bytes, book: Sequence[bytes] = ()) -> bytes:
    """A workbook of one sheet, named Sheet1, with these records."""
    return bytes(compound({"Workbook": book_stream({"Sheet1": records}, book)}))


def locked(stream: bytes, password: str) -> bytes:
    """A workbook's stream encrypted as Excel 97 does (RC4): records keep their heads, and a sheet its place."""
    salt, verifier = bytes(range(16)), bytes(range(100, 116))

    def scrambled(data: bytes) -> bytes:
        # the cipher is its own inverse
        return bytes(DocumentRC4.decrypt(password, salt, io.BytesIO(data), blocksize=1024).read())

    proof = scrambled(verifier + hashlib.md5(verifier, usedforsecurity=False).digest())
    lock = record(0x002F, struct.pack("<3H", 1, 1, 1) + salt + proof)
    head = 4 + struct.unpack_from("<H", stream, 2)[0]
    plain = bytearray(stream[:head] + lock + stream[head:])
    out, at = bytearray(scrambled(bytes(plain))), 0
    while at < len(plain):
        kind, length = struct.unpack_from("<2H", plain, at)
        kept = 4
        if kind in (0x0809, 0x002F):
            kept += length
        elif kind == 0x0085:
            kept += 4
            place = struct.unpack_from("<I", plain, at + 4)[0] + len(lock)
            struct.pack_into("<I", plain, at + 4, place)
        out[at : at + kept] = plain[at : at + kept]
        at += 4 + length
    return bytes(out)
