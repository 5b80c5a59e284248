"""The entity diagram: which table hangs on which, from the contracts' keys and ``schemas.links``.

Belongs here: its subjects, and the same diagram twice - as mermaid, for viewers that draw it, and as a drawing of boxes
and lines (SVG), for networks that have no such viewer. Does not belong here: the links themselves. A line is drawn
within a subject; a link to a table of another subject stands as text beside its column.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree

from schemas.links import LINKS, Link
from schemas.render import ColumnText, columns_of, key_of
from schemas.tables import HISTORIES, TABLES

_SUBJECTS: Final[Mapping[str, str]] = {
    "名录与表样 Register and forms": "core.dim_organ core.dim_organ_year core.dim_organ_name core.organ_event"
    " core.dim_form core.dim_indicator core.reporting_duty",
    "收件与报表 Files and submissions": "core.fct_file core.fct_submission core.submission_chain core.fct_cell"
    " core.official_cell mart.submission_status",
    "规则与问题 Rules and findings": "core.dim_rule core.rule_tally core.fct_rule_outcome core.fct_finding"
    " core.finding_cell core.finding_explanation core.finding_history core.fct_decision",
    "汇总与比较 Totals and comparisons": "mart.rollup_source mart.slice_organ mart.city_rollup mart.comparison_base"
    " mart.year_over_year mart.contribution mart.year_over_year_like_for_like mart.concept_organ mart.concept_series"
    " mart.concept_contribution mart.reported_vs_computed mart.assessment_rate",
    "公布与修订 Releases and revisions": "meta.build meta.release mart.revision mart.revision_rollup",
}
_OTHERS: Final = "其他 Others"
_ROW, _HEAD, _WIDTH, _GAP_X, _GAP_Y, _MARGIN = 18, 40, 372, 96, 22, 24
"""pixels: a row, the head of a box, a box, between layers, between boxes, around all"""
_INK, _QUIET, _PAPER, _HEAD_FILL = "#1f2933", "#5b6775", "#ffffff", "#e3edf7"
_LINES: Final = ("#1b6ca8", "#b5472f", "#3d7a3f", "#7a4aa0", "#a36a00", "#0f7f86")


def subjects() -> dict[str, tuple[str, ...]]:
    """Subject -> its tables; histories are left out, they have the columns of the table that they are of."""
    found = {subject: tuple(tables.split()) for subject, tables in _SUBJECTS.items()}
    placed = {table for tables in found.values() for table in tables}
    others = tuple(table for table in TABLES if table not in placed and table not in HISTORIES)
    return found | ({_OTHERS: others} if others else {})


def mermaid_page() -> str:
    """``docs/entity-diagram.md``."""
    parts = [
        "# 实体关系图 Entity diagram",
        "",
        "Rendered from the contracts' keys and `schemas/links.py` by `make docs`; do not edit. A test joins every link",
        "on the samples: no row names another that is not there. The same as a drawing: `entity-diagram.svg`. Of each",
        "table the key (PK) and the columns that name a row (FK) or are its other name (UK) are shown, the rest is in",
        "`dictionary.md`. A broken line, or a circle, is a link that may be empty. `x_history` tables have the columns",
        "of `x` and the time in which a row was released.",
        "",
        "![实体关系图](entity-diagram.svg)",
        "",
    ]
    for subject, tables in subjects().items():
        parts += [f"## {subject}", "", "```mermaid", "erDiagram", *_mermaid(tables), "```", ""]
    return "\n".join(parts)


def _mermaid(tables: tuple[str, ...]) -> Iterator[str]:
    for table in tables:
        yield f'    "{table}" {{'
        for column, marks in _shown(table):
            sql_type = column.sql_type.partition("(")[0]
            yield f'        {sql_type} {column.name} {marks} "{column.zh}"'
        yield "    }"
    for link in _links_of(tables):
        one = "|o" if link.is_optional else "||"
        yield f'    "{link.to}" {one}--o{{ "{link.table}" : "{", ".join(link.columns)}"'


def _links_of(tables: tuple[str, ...]) -> Iterator[Link]:
    return (link for link in LINKS if link.table in tables)


def _shown(table: str) -> list[tuple[ColumnText, str]]:
    """The columns that make the key, name another row, or name this one to others, with their marks."""
    key = key_of(TABLES[table])
    named = {column for link in LINKS if link.table == table for column in link.columns}
    by = {column for link in LINKS if link.to == table for column in link.to_columns} - set(key)
    found = []
    for column in columns_of(TABLES[table]):
        holds = {"PK": column.name in key, "FK": column.name in named, "UK": column.name in by}
        marks = [mark for mark, does_hold in holds.items() if does_hold]
        if marks:
            found.append((column, ", ".join(marks)))
    return found


def drawing() -> str:
    """``docs/entity-diagram.svg``: a panel for each subject, what is named on the left of what names it."""
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "font-family": "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif",
            "font-size": "12",
            "role": "img",
        },
    )
    ElementTree.SubElement(root, "title").text = "实体关系图 Entity diagram"
    paper = ElementTree.SubElement(root, "rect", {"fill": _PAPER})
    top, width = _MARGIN, 0
    for subject, tables in subjects().items():
        _text(root, _MARGIN, top + 16, subject, size="16", weight="bold")
        top, right = _panel(root, tables, top + 36)
        width = max(width, right)
        top += 2 * _GAP_Y
    size = {"width": str(width + _MARGIN), "height": str(top)}
    root.attrib |= size | {"viewBox": f"0 0 {size['width']} {size['height']}"}
    paper.attrib |= size
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _panel(root: ElementTree.Element, tables: tuple[str, ...], top: int) -> tuple[int, int]:
    """Draw the boxes of a subject and the lines between them below ``top``; returns its lower and right edge."""
    links = [link for link in _links_of(tables) if link.to in tables and link.to != link.table]
    layer = dict.fromkeys(tables, 0)
    for _ in tables:
        for link in links:
            layer[link.table] = max(layer[link.table], layer[link.to] + 1)
    places: dict[str, tuple[int, int]] = {}
    filled: dict[int, int] = {}
    for table in sorted(tables, key=lambda table: layer[table]):
        y = filled.get(layer[table], top)
        places[table] = (_MARGIN + layer[table] * (_WIDTH + _GAP_X), y)
        filled[layer[table]] = y + _height(table) + _GAP_Y
    for link in links:
        _line(root, link, places, _LINES[tables.index(link.to) % len(_LINES)])
    for table, (x, y) in places.items():
        _box(root, table, tables, x, y)
    return max(filled.values()), _MARGIN + (max(layer.values()) + 1) * (_WIDTH + _GAP_X) - _GAP_X


def _height(table: str) -> int:
    return _HEAD + (len(_shown(table)) + 1) * _ROW


def _line(root: ElementTree.Element, link: Link, places: Mapping[str, tuple[int, int]], colour: str) -> None:
    """From the row of the last naming column to the head of the named table."""
    x, y = places[link.table]
    names = [column.name for column, _ in _shown(link.table)]
    start = y + _HEAD + names.index(link.columns[-1]) * _ROW + _ROW // 2
    to_x, to_y = places[link.to]
    end_x, end = to_x + _WIDTH, to_y + _HEAD // 2
    bend = max((x - end_x) // 2, 24)
    ElementTree.SubElement(
        root,
        "path",
        {
            "d": f"M{x} {start}C{x - bend} {start} {end_x + bend} {end} {end_x} {end}",
            "fill": "none",
            "stroke": colour,
            "stroke-width": "1.5",
            **({"stroke-dasharray": "5 3"} if link.is_optional else {}),
        },
    )
    ElementTree.SubElement(root, "circle", {"cx": str(end_x), "cy": str(end), "r": "4", "fill": colour})


def _box(root: ElementTree.Element, table: str, tables: tuple[str, ...], x: int, y: int) -> None:
    shown = _shown(table)
    frame = {"x": str(x), "y": str(y), "width": str(_WIDTH), "rx": "4", "stroke": _INK}
    ElementTree.SubElement(root, "rect", frame | {"height": str(_height(table)), "fill": _PAPER})
    ElementTree.SubElement(root, "rect", frame | {"height": str(_HEAD - 6), "fill": _HEAD_FILL})
    _text(root, x + 8, y + 15, table, weight="bold")
    _text(root, x + 8, y + 30, str(TABLES[table].title), fill=_QUIET)
    elsewhere = {
        link.columns[-1]: link.to
        for link in LINKS
        if link.table == table and (link.to not in tables or link.to == table)
    }
    for row, (column, marks) in enumerate(shown):
        line = y + _HEAD + row * _ROW + 13
        _text(root, x + 8, line, marks.replace(", ", "·"), fill=_QUIET, size="10")
        _text(root, x + 48, line, column.name)
        _text(root, x + 60 + _width_of(column.name), line, column.zh, fill=_QUIET)
        if column.name in elsewhere:
            _text(root, x + _WIDTH - 8, line, f"→ {elsewhere[column.name]}", fill=_LINES[0], size="10", anchor="end")
    left = len(TABLES[table].columns) - len(shown)
    if left:
        _text(root, x + 48, y + _HEAD + len(shown) * _ROW + 13, f"另有 {left} 列 · {left} more columns", fill=_QUIET)


def _width_of(text: str) -> int:
    """Pixels that the text takes at 12 pixels a CJK character, roughly."""
    return sum(12 if unicodedata.east_asian_width(letter) in "WF" else 7 for letter in text)


def _text(
    root: ElementTree.Element,
    x: int,
    y: int,
    text: str,
    *,
    fill: str = _INK,
    size: str = "12",
    weight: str = "normal",
    anchor: str = "start",
) -> None:
    at = {"x": str(x), "y": str(y), "fill": fill}
    given = {"font-size": (size, "12"), "font-weight": (weight, "normal"), "text-anchor": (anchor, "start")}
    unusual = {name: value for name, (value, usual) in given.items() if value != usual}
    ElementTree.SubElement(root, "text", at | unusual).text = text
