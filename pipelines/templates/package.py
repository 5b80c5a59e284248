"""The bytes of an Office file, the same for the same content.

Belongs here: packing an openpyxl workbook so that neither the clock nor the installed XML library shows in the result.
Does not belong here: anything about forms.

openpyxl stamps the time of saving into the zip entries and into ``docProps/core.xml``, and its XML differs in quoting
and order of attributes with the library that happens to be installed. Sample files live in version control and are
compared by content, so every part is written in canonical XML with one fixed time. Where a workbook is only compared
with its own earlier version on the same installation, canonical XML is left out: it is a seventh of the cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import canonicalize
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook

FIXED_TIME: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a document property without a zone, the same everywhere
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_COMPRESSION_LEVEL: Final = 9


def workbook_bytes(workbook: Workbook, *, is_canonical: bool = True) -> bytes:
    """``workbook`` as an xlsx file whose bytes depend on its content alone (and, not canonical, on the XML library)."""
    workbook.properties.creator = "gongkai"
    workbook.properties.created = FIXED_TIME
    saved = BytesIO()
    workbook.save(saved)
    with ZipFile(saved) as source:
        return fixed_zip(
            {name: _part(name, source.read(name), workbook, is_canonical=is_canonical) for name in source.namelist()}
        )


def fixed_zip(parts: Mapping[str, bytes]) -> bytes:
    """An Office package of these parts, in one order and with one time, whoever packs it when."""
    packed = BytesIO()
    with ZipFile(packed, "w") as target:
        for name in sorted(parts, key=_part_order):
            entry = ZipInfo(name, _ZIP_TIME)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 0
            target.writestr(entry, parts[name], compresslevel=_COMPRESSION_LEVEL)
    return packed.getvalue()


def _part_order(name: str) -> tuple[bool, str]:
    # readers that sniff a stream expect the list of content types first
    return name != "[Content_Types].xml", name


def _part(name: str, content: bytes, workbook: Workbook, *, is_canonical: bool) -> bytes:
    text = content.decode("utf-8")
    if name == "docProps/core.xml":
        # openpyxl sets this property to the clock while it saves
        text = text.replace(_w3c(workbook.properties.modified), _w3c(FIXED_TIME))
    return (_DECLARATION + _canonical(text) if is_canonical else text).encode("utf-8")


@lru_cache(maxsize=32)
def _canonical(text: str) -> str:
    """``text`` as canonical XML; remembered, because themes and styles are the same in every workbook."""
    return canonicalize(text)


def _w3c(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
