"""From the bytes of a Word file to its three parts of text, bounded before anything is built of them.

Belongs here: which parts of the package are opened (the text, its styles, its list numbering) and how XML from outside
is parsed. Pictures, embedded files, macros, templates and whatever a relationship names outside the package are never
opened. Elements are known by their local names: the strict kind of Open XML differs in its namespaces only. Does not
belong here: what the elements say.

python-docx is not used: it loads every part of a package, pictures and embedded files too, and does not tell of content
controls, text boxes, tracked changes and list numbers.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lxml import etree

from pipelines.readers.detect import DAMAGED
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError

Element = etree._Element

TOO_LARGE: Final = "Word 文件的文字部分过大，未读取；请只保留统计表和正文后重报"
_TOO_DEEP: Final = "Word 文件的表格或文本框嵌套过深，未读取；请把表格复制到新的 Word 或 Excel 文件后重报"
_DTD: Final = "Word 文件含有不允许的内容（DTD 或外部实体），未读取；请另存为 .docx 后重新放入"
_DEEPEST: Final = 150
"""elements one in another; a number in a text box in a table in a table stands at about 40"""
_TEXT_BYTES: Final = 16 * 1024**2
"""of the text part: a report of a hundred pages has about two million"""
_SIDE_BYTES: Final = 4 * 1024**2
"""of the styles and the numbering"""
_ELEMENTS: Final = 1_000_000
_ATTRIBUTES: Final = 1_500_000
"""of a part: each takes a quarter of a kilobyte of memory, and seven bytes of the file"""
_WHOLE: Final = re.compile("-?[0-9]{1,12}")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""ways of packing that Office packages know"""


class WordPackage(NamedTuple):
    """The roots of what is read; ``styles`` and ``numbering`` are None where the file has none."""

    document: Element
    styles: Element | None
    numbering: Element | None


def open_package(data: bytes, limits: Limits) -> WordPackage:
    """Raises RejectedError for what is damaged, too large, nested too deeply, or has a document type."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            package = _Package(archive, limits)
            main = package.related("", ("officeDocument",)).get("officeDocument", "word/document.xml")
            side = package.related(main, ("styles", "numbering"))
            parts = WordPackage(
                package.parsed(main, _TEXT_BYTES),
                package.parsed(side["styles"], _SIDE_BYTES) if "styles" in side else None,
                package.parsed(side["numbering"], _SIDE_BYTES) if "numbering" in side else None,
            )
    except (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, OSError, EOFError, LookupError, ValueError) as error:
        raise RejectedError("V01", DAMAGED) from error
    if name_of(parts.document) != "document":
        raise RejectedError("V01", DAMAGED)
    return parts


def name_of(element: Element) -> str:
    """The local name of an element; '' of what is none."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Element | None, name: str) -> Element | None:
    """The first child of that local name."""
    return None if element is None else next((part for part in element if name_of(part) == name), None)


def value(element: Element | None, name: str = "val") -> str | None:
    """An attribute by its local name."""
    if element is None:
        return None
    return next((str(text) for key, text in element.items() if str(key).rpartition("}")[2] == name), None)


def number(element: Element | None, name: str = "val") -> int | None:
    """An attribute that is a whole number; None for anything else."""
    text = value(element, name) or ""
    return int(text) if _WHOLE.fullmatch(text) else None


def switched(element: Element | None) -> bool | None:
    """A property that is on or off: on where it says nothing, None where it is not there."""
    return None if element is None else value(element) not in ("0", "false", "off")


def is_placeholder(control: Element) -> bool:
    """Whether a content control shows its prompt: nothing has been filled in."""
    return switched(child(child(control, "sdtPr"), "showingPlcHdr")) is True


def chosen(alternatives: Element) -> Element | None:
    """Of the same thing written in several ways one: the first that newer programs read, else the one for old ones."""
    choice = child(alternatives, "Choice")
    return choice if choice is not None else child(alternatives, "Fallback")


class _Package:
    """A package's parts by name, in whatever case they are written."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive, self._limits = archive, limits
        self._stored = {entry.filename.lower(): entry for entry in archive.infolist()}

    def related(self, part: str, kinds: Iterable[str]) -> dict[str, str]:
        """kind -> the part inside the package that a part's relationships name for it, if it is there."""
        folder, base = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{base}.rels")
        if relations.lower() not in self._stored:
            return {}
        found: dict[str, str] = {}
        for relation in self.parsed(relations, _SIDE_BYTES):
            kind = (relation.get("Type") or "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or "")).lstrip("/")
            is_inside = relation.get("TargetMode") != "External" and target.lower() in self._stored
            if kind in kinds and is_inside:
                found.setdefault(kind, target)
        return found

    def parsed(self, name: str, most: int) -> Element:
        """The root of a part. Nothing is resolved and nothing loaded from outside; raises RejectedError."""
        entry = self._stored[name.lower()]
        if entry.compress_type not in _METHODS:
            raise RejectedError("V01", DAMAGED)
        if entry.file_size > min(most, self._limits.max_expanded_bytes):
            raise RejectedError("V01", TOO_LARGE)
        data = self._archive.read(entry)
        if data.count(b"=") > _ATTRIBUTES:
            raise RejectedError("V01", TOO_LARGE)
        depth, root = 0, None
        for number_of_events, (event, element) in enumerate(_events(data)):
            if root is None:
                root = element
                if root.getroottree().docinfo.internalDTD is not None:
                    raise RejectedError("V01", _DTD)
            depth += 1 if event == "start" else -1
            if depth > _DEEPEST:
                raise RejectedError("V01", _TOO_DEEP)
            if number_of_events > 2 * _ELEMENTS:
                raise RejectedError("V01", TOO_LARGE)
        if root is None:
            raise RejectedError("V01", DAMAGED)
        return root


def _events(data: bytes) -> Iterator[tuple[str, Element]]:
    events: Iterator[tuple[str, Element]] = etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    return events
