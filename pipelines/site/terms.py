"""What the tables' codes are called on the pages, and where an organ, a rule, a release and a receipt are to be found.

Belongs here: words, addresses and groupings that several kinds of pages share. Does not belong here: the words of a
submission's status (``pipelines.status``), labels of indicators (``schemas.forms``), code words (``schemas.chinese``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pipelines.site.figure import Cell
from schemas.chinese import SLICES, WORDS

BASES: Final = {"own": "各单位报本单位的", "consolidated": "区政府报全区汇总", "published": "市政府公布的报告"}
SEVERITIES: Final = {severity: (word, severity) for severity, word in WORDS["severity"].items()}
"""severity -> what it is called, and the tone it is shown in"""
CITY_LEVEL: Final = SLICES["own"]
RATES: Final = {
    "reply_open_rate": "予以公开和部分公开 ÷ 答复总数",
    "dispute_rate": "行政复议和行政诉讼 ÷ 答复总数",
    "correction_rate": "复议、诉讼中被纠正的 ÷ 已审结的",
    "open_rate": "主动公开的 ÷ 制作的文件",
}
"""of what a rate is the share; its name is a code word"""

Row = Mapping[str, Any]
"""a row of a table, by column"""


def rule_place(rule_id: str) -> str:
    """Where a rule is explained."""
    return f"findings/rules.html#{rule_id}"


def release_page(release_id: str) -> str:
    """Where a release's page is."""
    return f"releases/{release_id}.html"


def receipt_file(organ_code: str, receipt_no: str) -> str:
    """Where the receipt lies, from the home."""
    return f"outbox/{organ_code}/{receipt_no}.html"


def receipt(organ_code: str, receipt_no: str | None) -> Cell:
    """A link to the receipt; nothing where there is none."""
    return Cell(receipt_no, home=receipt_file(organ_code, receipt_no), shown="回执") if receipt_no else Cell("")


def marked(places: Sequence[tuple[str, str]], here: str) -> list[tuple[str, str, bool]]:
    """(text, path) of the pages of a section, with whether it is the page at ``here``."""
    return [(text, path, path == here) for text, path in places]


def grouped(rows: Iterable[Mapping[str, Any]], key: str) -> dict[Any, list[Row]]:
    """The rows by the value of a column, in order."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def slice_name(slice_kind: str, slice_code: str, names: Mapping[str, str]) -> str:
    """What a slice is called; ``names``: of the organs, by code."""
    return names.get(slice_code, slice_code) if slice_kind == "district" else SLICES[slice_code]
