"""The numbers that Word prints before paragraphs of a list, which stand nowhere in its text.

Belongs here: counting paragraphs by list and level, and the figures of 1. （一） ① 甲 as the list has them. Without
them "2.重复申请" would be read as "重复申请". Does not belong here: which paragraph bears which list (``text``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.readers.word.package import Element, child, name_of, number, switched, value
from pipelines.readers.word.styles import Styles

_LEVELS: Final = 9
_LONGEST: Final = 60
"""characters of the text round a number"""
_PLACE: Final = re.compile("%([1-9])")
_DIGITS: Final = "〇一二三四五六七八九"
_LEGAL: Final = "零壹贰叁肆伍陆柒捌玖"
_LARGEST: Final = 99
"""up to which a number is written as the list has it; beyond, in plain digits"""
_SERIES: Final[Mapping[str, Sequence[str]]] = {
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "upperRoman": ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"],
    "lowerRoman": ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"],
    "upperLetter": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "lowerLetter": "abcdefghijklmnopqrstuvwxyz",
}


@dataclass(frozen=True, slots=True)
class _Level:
    kind: str
    text: str
    start: int
    restart: int | None
    is_decimal: bool
    is_hidden: bool
    style: str


class Numbering:
    """The lists of one file and how far each has counted: every paragraph is asked about once, in printed order."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        parts = () if root is None else root
        self._abstract = {number(part, "abstractNumId"): part for part in parts if name_of(part) == "abstractNum"}
        self._lists = {number(part, "numId"): part for part in parts if name_of(part) == "num"}
        self._levels: dict[int, tuple[int | None, dict[int, _Level]]] = {}
        self._definitions: dict[int | None, tuple[int | None, dict[int, _Level]]] = {}
        self._counts: dict[int | None, dict[int, int]] = {}
        self._begun = set[int]()

    def label(self, list_id: int, level: int | None, style: str) -> str:
        """What is printed before the next paragraph of a list; '' for bullets and for a list that is not defined.

        Without a level the one that names the paragraph's style counts, else the first.
        """
        abstract_id, levels = self._list(list_id)
        if level is None:
            level = next((index for index, item in levels.items() if style and item.style == style), 0)
        item = levels.get(level)
        if item is None:
            return ""
        counts = self._counts.setdefault(abstract_id, {})
        self._begin(list_id, counts)
        counts[level] = counts.get(level, item.start - 1) + 1
        for deeper in [index for index in counts if index > level]:
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or level < restart:
                del counts[deeper]
        if item.kind == "bullet" or item.is_hidden:
            return ""

        def figure(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            other = levels.get(at, item)
            kind = "decimal" if item.is_decimal else other.kind
            return written(counts.get(at, other.start), kind)

        return _PLACE.sub(figure, item.text)

    def _begin(self, list_id: int, counts: dict[int, int]) -> None:
        """A list that says where it begins does so at its first paragraph, whatever was counted before."""
        if list_id in self._begun:
            return
        self._begun.add(list_id)
        for override in self._lists.get(list_id, ()):
            start, level = number(child(override, "startOverride")), number(override, "ilvl")
            if start is not None and level is not None:
                counts[level] = start - 1

    def _list(self, list_id: int) -> tuple[int | None, dict[int, _Level]]:
        if list_id not in self._levels:
            self._levels[list_id] = self._defined(list_id)
        return self._levels[list_id]

    def _defined(self, list_id: int) -> tuple[int | None, dict[int, _Level]]:
        instance = self._lists.get(list_id)
        abstract_id, levels = self._definition(number(child(instance, "abstractNumId")))
        overridden = (child(override, "lvl") for override in (() if instance is None else instance))
        return abstract_id, levels | _levels(part for part in overridden if part is not None)

    def _definition(self, abstract_id: int | None) -> tuple[int | None, dict[int, _Level]]:
        """The levels that lists share, and the definition that they are counted by."""
        if abstract_id not in self._definitions:
            abstract = self._abstract.get(abstract_id)
            counted_by = abstract_id
            if (link := value(child(abstract, "numStyleLink"))) is not None:
                # a list style: its levels stand with the list that the style names
                instance = self._lists.get(self._styles.of(link).list_id)
                counted_by = number(child(instance, "abstractNumId"))
                abstract = self._abstract.get(counted_by)
            self._definitions[abstract_id] = counted_by, _levels(() if abstract is None else abstract)
        return self._definitions[abstract_id]


def _levels(parts: Iterable[Element]) -> dict[int, _Level]:
    indexed = ((number(part, "ilvl"), part) for part in parts if name_of(part) == "lvl")
    return {index: _level(part) for index, part in indexed if index is not None and 0 <= index < _LEVELS}


def _level(part: Element) -> _Level:
    start = number(child(part, "start"))
    return _Level(
        kind=value(child(part, "numFmt")) or "decimal",
        text=(value(child(part, "lvlText")) or "")[:_LONGEST],
        start=1 if start is None else start,
        restart=number(child(part, "lvlRestart")),
        is_decimal=switched(child(part, "isLgl")) is True,
        is_hidden=switched(child(child(part, "rPr"), "vanish")) is True,
        style=value(child(part, "pStyle")) or "",
    )


def written(count: int, kind: str) -> str:
    """A number as lists of that kind print it."""
    if kind == "none":
        return ""
    if kind in _SERIES:
        series = _SERIES[kind]
        return series[count - 1] if 1 <= count <= len(series) else str(count)
    write = _WRITTEN.get(kind, str)
    return write(count) if 1 <= count <= _LARGEST else str(count)


def _counted(count: int, digits: str, ten: str) -> str:
    tens, ones = divmod(count, 10)
    return (digits[tens] + ten if tens else "") + (digits[ones] if ones else "")


def _in_chinese(count: int) -> str:
    return _counted(count, _DIGITS, "十").removeprefix("一" if count // 10 == 1 else "")


def _in_legal_chinese(count: int) -> str:
    return _counted(count, _LEGAL, "拾")


def _in_chinese_digits(count: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(count))


def _full_width(count: int) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in str(count))


_COUNTING: Final = (
    *("chineseCounting", "chineseCountingThousand", "japaneseCounting"),
    *("taiwaneseCounting", "taiwaneseCountingThousand"),
)
_WRITTEN: Final[Mapping[str, Callable[[int], str]]] = {
    **dict.fromkeys(_COUNTING, _in_chinese),
    **dict.fromkeys(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"), _in_legal_chinese),
    **dict.fromkeys(("decimalFullWidth", "decimalFullWidth2"), _full_width),
    "ideographDigital": _in_chinese_digits,
    "decimalZero": "{:02}".format,
}
