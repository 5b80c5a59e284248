"""What breaks a file: bytes, packages, XML, PDF.

Belongs here: one small function for each way of breaking, (bytes, random numbers) -> bytes. What does not find what it
breaks gives the file back as it was. Does not belong here: which file is broken how often (``campaign``).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from pipelines.readers.reject import DAMAGED_PACKAGE

Mutation = Callable[[bytes, Random], bytes]
MOST_BYTES: Final = 6 * 1024**2
"""a broken file grows no further: handing it to the reading process would take longer than reading it"""
_NUMBERS: Final = (
    *(0, 1, -1, 127, 128, 255, 256, 32_767, 65_535, 65_536, 1_048_575, 16_777_216),
    *(2**31 - 1, 2**31, 2**32 - 1),
)
_TEXTS: Final = (*(str(number) for number in (*_NUMBERS, 10**18, 1e308)), "", "NaN", "A1:XFD1048576", "../../x")
_DIGITS: Final = re.compile(rb"(?<![\w.])-?[0-9]{1,10}(?![\w.])")
_ATTRIBUTE: Final = re.compile(rb"""(?<=[\s])[\w:]+=("[^"<>]{0,200}"|'[^'<>]{0,200}')""")
_ELEMENT: Final = re.compile(rb"<([\w:]+)[^<>]*>[^<>]*</\1>")
_TAG: Final = re.compile(rb"<[^<>]{1,300}>")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_NAMES: Final = (rb"/Length", rb"/Count", rb"/Kids", rb"/Size", rb"/Root", rb"/Prev", rb"/W", rb"/Index", rb"/Filter")
_MOST_HITS: Final = 20_000
_DTD: Final = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c SYSTEM "file:///etc/passwd">]>'
)


def flip_bytes(data: bytes, rng: Random) -> bytes:
    broken = bytearray(data)
    for _ in range(rng.choice([1, 2, 8, 64])):
        if broken:
            broken[rng.randrange(len(broken))] = rng.randrange(256)
    return bytes(broken)


def flip_head(data: bytes, rng: Random) -> bytes:
    """Where most kinds say how they are built."""
    head = bytearray(data[:512])
    for _ in range(rng.choice([1, 4])):
        if head:
            head[rng.randrange(len(head))] = rng.randrange(256)
    return bytes(head) + data[512:]


def set_integers(data: bytes, rng: Random) -> bytes:
    """Odd numbers where a binary file counts, points and measures."""
    broken = bytearray(data)
    for _ in range(rng.choice([1, 2, 6])):
        size = rng.choice([2, 4])
        if len(broken) > 2 * size:
            at = rng.randrange(0, len(broken) - size, 2)
            broken[at : at + size] = struct.pack("<I", rng.choice(_NUMBERS) & 0xFFFFFFFF)[:size]
    return bytes(broken)


def truncate(data: bytes, rng: Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def cut_out(data: bytes, rng: Random) -> bytes:
    start, length = _chunk(data, rng)
    return data[:start] + data[start + length :]


def repeat_chunk(data: bytes, rng: Random) -> bytes:
    start, length = _chunk(data, rng)
    times = min(rng.choice([2, 10, 100, 1000, 100_000]), max((MOST_BYTES - len(data)) // length, 1))
    return data[:start] + data[start : start + length] * times + data[start + length :]


def shuffle_chunk(data: bytes, rng: Random) -> bytes:
    start, length = _chunk(data, rng)
    chunk = data[start : start + length]
    return data[:start] + bytes(rng.sample(chunk, len(chunk))) + data[start + length :]


def _chunk(data: bytes, rng: Random) -> tuple[int, int]:
    start = rng.randrange(max(len(data), 1))
    return start, max(1, min(rng.choice([1, 16, 256, 4096]), len(data) - start))


def change_numbers(data: bytes, rng: Random) -> bytes:
    """Numbers that stand in the file as text."""
    return _replaced(data, rng, _DIGITS, lambda _: rng.choice(_TEXTS).encode())


def change_attributes(data: bytes, rng: Random) -> bytes:
    def other(match: re.Match[bytes]) -> bytes:
        return match[0][: match.start(1) - match.start()] + b'"' + rng.choice(_TEXTS).encode() + b'"'

    return _replaced(data, rng, _ATTRIBUTE, other)


def repeat_elements(data: bytes, rng: Random) -> bytes:
    times = rng.choice([2, 100, 20_000])
    return _replaced(data, rng, _ELEMENT, lambda match: match[0] * min(times, MOST_BYTES // len(match[0])), most=1)


def nest_deeply(data: bytes, rng: Random) -> bytes:
    """One element in itself, many times."""
    depth = rng.choice([50, 300, 5000, 100_000])

    def nested(match: re.Match[bytes]) -> bytes:
        levels = min(depth, MOST_BYTES // (2 * len(match[0])))
        opening, closing = match[0][: match[0].index(b">") + 1], b"</" + match[1] + b">"
        return opening * levels + match[0] + closing * levels

    return _replaced(data, rng, _ELEMENT, nested, most=1)


def drop_tags(data: bytes, rng: Random) -> bytes:
    return _replaced(data, rng, _TAG, lambda _: b"")


def add_entities(data: bytes, rng: Random) -> bytes:
    at = data.find(b"?>") + 2 if b"?>" in data[:200] else 0
    return _replaced(data[:at] + _DTD + data[at:], rng, _DIGITS, lambda _: rng.choice([b"&b;", b"&c;"]))


def pdf_numbers(data: bytes, rng: Random) -> bytes:
    """The counts and pointers behind PDF's own names."""
    name = rng.choice(_NAMES)
    pattern = re.compile(re.escape(name) + rb"[\s\[/]*[^\s/<>\[\]]*")
    return _replaced(data, rng, pattern, lambda _: name + b" " + rng.choice(_TEXTS).encode(), most=2)


def pdf_table(data: bytes, rng: Random) -> bytes:
    """The table of cross references, and where it is."""
    at = max(data.rfind(b"xref"), 0)
    return data[:at] + change_numbers(data[at:], rng)


def pdf_streams(data: bytes, rng: Random) -> bytes:
    """What is drawn on a page: unpacked, changed, packed again."""

    def redrawn(match: re.Match[bytes]) -> bytes:
        try:
            plain = zlib.decompress(match[1])
        except zlib.error:
            return match[0]
        changed = rng.choice([flip_bytes, change_numbers, repeat_chunk, cut_out])(plain, rng)
        return b"stream\n" + zlib.compress(changed[:MOST_BYTES], 1) + b"\nendstream"

    return _replaced(data, rng, _STREAM, redrawn, most=2)


def _replaced(
    data: bytes, rng: Random, pattern: re.Pattern[bytes], change: Callable[[re.Match[bytes]], bytes], most: int = 4
) -> bytes:
    """Some of the places where the pattern stands, changed."""
    hits = [match for match, _ in zip(pattern.finditer(data), range(_MOST_HITS), strict=False)]
    if not hits:
        return data
    parts, last = [], 0
    for match in sorted(rng.sample(hits, min(len(hits), rng.randint(1, most))), key=lambda hit: hit.start()):
        if match.start() >= last:
            parts += [data[last : match.start()], change(match)]
            last = match.end()
    return b"".join([*parts, data[last:]])[:MOST_BYTES]


BYTES: Final = (flip_bytes, flip_head, set_integers, truncate, cut_out, repeat_chunk, shuffle_chunk)
TEXT: Final = (change_numbers, change_attributes, repeat_elements, nest_deeply, drop_tags, add_entities)
PDF: Final = (pdf_numbers, pdf_table, pdf_streams)


def in_package(data: bytes, rng: Random) -> bytes:
    """A member of a package broken and the package closed properly around it, as its sums would hide it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except DAMAGED_PACKAGE:
        return data
    if not members:
        return data
    name = rng.choice(sorted(members))
    broken, _ = mutate(members[name], rng, most=2)
    what = rng.random()
    if what < 0.05:
        del members[name]
    elif what < 0.1:
        members[f"{name}x"] = members.pop(name)
    else:
        members[name] = broken
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in members.items():
            # dated, or the same number would be another file two seconds later
            archive.writestr(zipfile.ZipInfo(member, (2025, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 1)
    return out.getvalue()


def ways(data: bytes) -> tuple[Mutation, ...]:
    """What can break a file of this kind; what knows its kind comes more often."""
    if data.startswith(b"PK"):
        return (*BYTES, *(in_package,) * 14)
    if data.startswith(b"%PDF"):
        return (*BYTES, *PDF * 5)
    if data.lstrip()[:1] == b"<" or b"<html" in data[:2000]:
        return (*BYTES, *TEXT * 2)
    return (*BYTES, set_integers, set_integers, change_numbers)


def mutate(data: bytes, rng: Random, most: int = 3) -> tuple[bytes, list[str]]:
    """(the file broken, by what)."""
    names = []
    for _ in range(rng.randint(1, most)):
        way = rng.choice(ways(data))
        data = way(data, rng)[:MOST_BYTES]
        names.append(way.__name__)
    return data, names


def splice(data: bytes, other: bytes, rng: Random) -> bytes:
    """The beginning of one file and the end of another."""
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def broken(files: Mapping[int, bytes], index: int, rng: Random) -> tuple[bytes, list[str]]:
    """File ``index`` broken, sometimes with a piece of another."""
    data = files[index]
    if rng.random() < 0.1:
        return splice(data, files[rng.choice(sorted(files))], rng), ["splice"]
    return mutate(data, rng)
