"""The answer as a page: self-contained, for the screen and for A4.

Belongs here: what the template ``pages/receipt.html`` is given - findings by table of the form, and the form as read
with its marks. Does not belong here: the facts, and which words a status has (``wording``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from pipelines.answers import wording
from pipelines.answers.facts import Answer, Finding
from pipelines.templates.layout import Box, Role, lay_out
from schemas.form import CellKey, Form, load_forms
from schemas.narrative import NARRATIVE_SHEET, label_of

LEVELS: Final = ("error", "warning", "info", "waived")
_HEADS: Final = {Role.CORNER: "col", Role.HEADER: "col", Role.LABEL: "row"}
_UNPRINTED: Final = frozenset({Role.SECTION, Role.CAPTION, Role.REMARK})
_WIDE_FROM: Final = 8
_MOST_SHOWN: Final = 40
"""characters of a figure in the table; findings show more"""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a cell is marked: the weightiest level, whether it is named as likelier wrong, and by which findings."""

    level: str
    is_suspect: bool
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The findings on one table of the form, weightiest first."""

    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A box of the table on the page: a head where ``scope`` is set, else a figure with what it was read as."""

    text: str
    rows: int = 1
    columns: int = 1
    scope: str = ""
    is_value: bool = False
    read_as: str = ""
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One table of the form as read: ``head`` is repeated where the table goes on on another sheet of paper."""

    section: str
    caption: str
    rows: tuple[tuple[Field, ...], ...]
    is_wide: bool

    @property
    def head(self) -> tuple[tuple[Field, ...], ...]:
        """The rows that only say what the columns are."""
        return tuple(row for row in self.rows if all(field.scope == "col" for field in row))

    @property
    def body(self) -> tuple[tuple[Field, ...], ...]:
        """The rows with figures."""
        return self.rows[len(self.head) :]


def render(answer: Answer, cells: Sequence[Mapping[str, Any]]) -> str:
    """The page of ``answer``; ``cells`` as ``facts.cells_of`` gives them."""
    form = load_forms().get(answer.about["form_code"] or "")
    marks = marks_of(answer.findings)
    blocks = [*_blocks(form, answer, cells, marks), *_prose(form, cells, marks)] if form and cells else []
    return ENVIRONMENT.get_template("receipt.html").render(
        answer=answer, about=answer.about, groups=_groups(answer, form), blocks=blocks
    )


def marks_of(findings: Sequence[Finding]) -> dict[CellKey, Mark]:
    """The marks of all cells of the form that findings point to."""
    told: dict[CellKey, list[tuple[Finding, bool]]] = {}
    for finding in findings:
        for cell in finding.telling:
            if cell.indicator_code:
                told.setdefault(cell.key, []).append((finding, cell.role != "operand"))
    return {
        key: Mark(
            level=min((finding.level for finding, _ in items), key=LEVELS.index),
            is_suspect=any(is_suspect for _, is_suspect in items),
            numbers=tuple(sorted({finding.number for finding, _ in items})),
        )
        for key, items in told.items()
    }


def _groups(answer: Answer, form: Form | None) -> list[Group]:
    """By table, the table with the weightiest finding first."""
    titles = {"": "整份报表", NARRATIVE_SHEET: "正文中的数字"}
    if form:
        titles |= {table.code: "　".join(filter(None, (table.section, table.caption))) for table in form.tables}
    found: dict[str, list[Finding]] = {}
    for finding in answer.findings:
        found.setdefault(finding.table, []).append(finding)
    return [Group(titles[code], tuple(findings)) for code, findings in found.items()]


def _blocks(
    form: Form, answer: Answer, cells: Sequence[Mapping[str, Any]], marks: Mapping[CellKey, Mark]
) -> list[Block]:
    layout = lay_out(form, variant=answer.variant, report_year=answer.about["report_year"])
    read = {_key(cell): cell for cell in cells}
    blocks: list[Block] = []
    for _, group in groupby(layout.boxes, key=lambda box: box.table):
        boxes = list(group)
        words = {box.role: box.text for box in boxes if box.role in (Role.SECTION, Role.CAPTION)}
        shown = sorted((box for box in boxes if box.role not in _UNPRINTED), key=lambda box: (box.row, box.column))
        rows = [tuple(_field(box, read, marks) for box in line) for _, line in groupby(shown, key=lambda box: box.row)]
        is_wide = max(box.column + box.columns for box in shown) > _WIDE_FROM
        blocks.append(Block(words.get(Role.SECTION, ""), words.get(Role.CAPTION, ""), tuple(rows), is_wide))
    return blocks


def _field(box: Box, read: Mapping[CellKey, Mapping[str, Any]], marks: Mapping[CellKey, Mark]) -> Field:
    if box.key is None:
        return Field(box.text, box.rows, box.columns, _HEADS.get(box.role, ""))
    return _figure(read.get(box.key), marks.get(box.key), box.columns)


def _figure(cell: Mapping[str, Any] | None, mark: Mark | None, columns: int = 1) -> Field:
    """The printed text, and beside it the number where that is not what stands there letter by letter."""
    if cell is None or cell["value_state"] == "missing_row":
        return Field("缺行", columns=columns, is_value=True, mark=mark)
    printed, value = cell["printed"], wording.number(cell["value"]) if cell["value"] is not None else ""
    return Field(
        wording.shortened(printed, _MOST_SHOWN),
        columns=columns,
        is_value=True,
        read_as=value if value != printed.strip() else "",
        mark=mark,
    )


def _prose(form: Form | None, cells: Sequence[Mapping[str, Any]], marks: Mapping[CellKey, Mark]) -> list[Block]:
    """The figures that stand in the report's prose, as a table of their own."""
    if form is None:
        return []
    found = [cell for cell in cells if cell["indicator_code"] not in form.indicators]
    if not found:
        return []
    head = tuple(Field(text, scope="col") for text in ("正文中的数字", "期间", "填报"))
    rows = [
        (
            Field(label_of(form, _key(cell)), scope="row"),
            Field("历年累计" if cell["measure"] == "cumulative" else "本年"),
            _figure(cell, marks.get(_key(cell))),
        )
        for cell in found
    ]
    return [Block(NARRATIVE_SHEET, "", (head, *rows), is_wide=False)]


def _key(cell: Mapping[str, Any]) -> CellKey:
    return CellKey(cell["indicator_code"], cell["applicant_kind"], cell["measure"])


def _shown(value: Any) -> Any:
    """What the template prints: text from outside with nothing invisible in it; markup of its own as it is."""
    return wording.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


ENVIRONMENT: Final = Environment(
    loader=PackageLoader("pipelines", "pages"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters |= {"number": wording.number, "day": wording.day, "shortened": wording.shortened}
ENVIRONMENT.globals |= {
    "STATUS": wording.STATUS,
    "SEVERITY": wording.SEVERITY,
    "STATE": wording.STATE,
    "ROLE": wording.ROLE,
}
