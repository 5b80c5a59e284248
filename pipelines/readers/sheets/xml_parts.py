"""Parts of a package that are XML, read within bounds.

Belongs here: small parts, the elements of a large one, names without their namespaces. Documents with a DTD are refused
by their parser. Does not belong here: what the elements say.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring, iterparse

from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.spreadsheet import DAMAGED, Budget

_SMALL_BYTES: Final = 4 * 1024**2
"""a list of sheets, relations or styles that is larger than this is none"""
_DEEPEST: Final = 100
"""elements within each other; nobody's sheet has thirty"""


def small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part that is never large. Raises RejectedError where it is."""
    if archive.getinfo(name).file_size > _SMALL_BYTES:
        raise RejectedError("V01", DAMAGED)
    return archive.read(name)


def small_tree(archive: zipfile.ZipFile, name: str) -> Element:
    """The root of a part that is never large."""
    root: Element = fromstring(small_part(archive, name), forbid_dtd=True)
    return root


def elements(stream: IO[bytes], budget: Budget) -> Iterator[tuple[bool, Element]]:
    """(whether it begins, element) for the beginnings and ends of a part's elements. Raises RejectedError.

    Whoever has read an element clears it.
    """
    depth = 0
    for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        budget.step()
        begins = event == "start"
        depth += 1 if begins else -1
        if depth > _DEEPEST:
            raise RejectedError("V01", DAMAGED)
        yield begins, element


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]
