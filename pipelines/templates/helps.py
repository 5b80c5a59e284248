"""The columns right of a template's form that help to fill it in and that nobody reads.

Belongs here: which equations of the catalogue can be shown while a form is filled in - sums of its own cells as
formulas, and last year's figures that a cell goes on from - their words, and their place on the sheet. Does not belong
here: where last year's figures come from (``warehouse.opening``), judging: a report is judged when it has come in.

The formulas use nothing that Excel, WPS and LibreOffice do not share; no value of theirs is written, so the program
that opens the template computes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.readers.identity import HELP_HEADS
from pipelines.templates import painting
from pipelines.templates.layout import Box, Layout, Role
from schemas.form import CellKey, Form, Table
from schemas.rule import Rule
from schemas.rule_compiler import CompiledRules, Instance, Term

SEPARATOR: Final = "　"
_GAP_WIDTH: Final = 3.0
_CHECK_WIDTH: Final = 44.0
_REFERENCE_WIDTH: Final = 60.0
_HELP_FONT: Final = Font(name=painting.FONT_NAME, size=10, color="FF5F6F7F")
_HELP_FILL: Final = PatternFill("solid", fgColor="FFEEF3F8")
_ONE_LINE: Final = Alignment(vertical="center")
"""a long text runs on to the right instead of making the form's row higher"""
_DECIMALS: Final = 4
"""as many as a published figure has"""


class Part(NamedTuple):
    """A cell that an equation adds (sign 1) or takes away (-1)."""

    sign: int
    cell: CellKey


@dataclass(frozen=True, slots=True)
class Sum:
    """``cell`` is the sum of ``parts``. ``is_total``: it stands alone in its equation, so it is what the parts give."""

    cell: CellKey
    parts: tuple[Part, ...]
    is_total: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """``cell`` is the sum of figures of the year before (the prior terms of ``instance_id``) and of ``parts``."""

    instance_id: int
    cell: CellKey
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Helps:
    """What stands beside a form: sums, and for openings the sum of last year's figures."""

    sums: Sequence[Sum]
    openings: Sequence[tuple[Opening, Decimal]]


def sums_of(
    rules: Sequence[Rule], compiled: CompiledRules, form: Form, report_year: int, variant: str = ""
) -> list[Sum]:
    """The equations between the form's own cells.

    Where none stands alone on a side, the one printed last is named by what the others give.
    """
    order = {key: position for position, key in enumerate(form.cells(variant))}
    sums = []
    for _, left, right in _equations(rules, compiled, form.form_code, variant, report_year):
        if any(term.source != "own" or term.is_prose for term in (*left, *right)):
            continue
        if (lone := _lone(left, right) or _lone(right, left)) is not None:
            sums.append(Sum(_key(lone[0]), _parts(lone[1]), is_total=True))
            continue
        last = max((term for term in right if term.coefficient == 1), key=lambda term: order[_key(term)])
        others = [*_parts(left), *_parts((term for term in right if term is not last), sign=-1)]
        sums.append(Sum(_key(last), tuple(others), is_total=False))
    return sums


def openings_of(
    rules: Sequence[Rule], compiled: CompiledRules, form: Form, report_year: int, variant: str = ""
) -> list[Opening]:
    """The equations that tell one cell of the form by figures of the year before and, perhaps, cells beside it."""
    openings = []
    for instance, left, right in _equations(rules, compiled, form.form_code, variant, report_year):
        lone = _lone(left, right)
        sources = {term.source for term in right}
        if lone is not None and "prior" in sources and sources <= {"prior", "own"}:
            own = (term for term in right if term.source == "own")
            openings.append(Opening(instance.instance_id, _key(lone[0]), _parts(own)))
    return openings


def write_helps(sheet: Worksheet, form: Form, layout: Layout, helps: Helps, report_year: int) -> int:
    """Write the help columns beside ``layout`` and return the first of them; the sheet protects them like all else."""
    first = layout.last_column + 2
    writer = _Writer(form, layout, report_year)
    columns = {"check": writer.checks(helps.sums), "reference": writer.references(helps.openings)}
    widths = {"check": _CHECK_WIDTH, "reference": _REFERENCE_WIDTH}
    sheet.column_dimensions[get_column_letter(first - 1)].width = _GAP_WIDTH
    for column, (name, texts) in enumerate(columns.items(), start=first):
        sheet.column_dimensions[get_column_letter(column)].width = widths[name]
        for table in dict.fromkeys(table for table, _ in texts):
            head = painting.put_text(sheet, writer.head_rows[table], column, HELP_HEADS[name])
            head.font, head.fill, head.alignment = _HELP_FONT, _HELP_FILL, _ONE_LINE
        for (_, row), text in texts.items():
            cell = sheet.cell(row, column)
            if name == "reference":
                cell = painting.put_text(sheet, row, column, text)
            else:
                cell.value = text
            cell.font, cell.alignment = _HELP_FONT, _ONE_LINE
    return first


def _equations(
    rules: Sequence[Rule], compiled: CompiledRules, form_code: str, variant: str, report_year: int
) -> Iterator[tuple[Instance, list[Term], list[Term]]]:
    """The sums of the year's catalogue for the form, with their sides; none that is asked under a condition only."""
    in_force = {rule.rule_id for rule in rules if rule.first_year <= report_year <= rule.last_year}
    sides: dict[int, dict[str, list[Term]]] = {}
    for term in compiled.terms:
        sides.setdefault(term.instance_id, {"left": [], "right": [], "when": []})[term.side].append(term)
    for instance in compiled.instances:
        mine = sides[instance.instance_id]
        is_sum = instance.relation == "=" and all(abs(t.coefficient) == 1 for t in (*mine["left"], *mine["right"]))
        is_of_form = (instance.form_code, instance.variant) == (form_code, variant)
        if is_sum and is_of_form and not mine["when"] and instance.rule_id in in_force:
            yield instance, mine["left"], mine["right"]


def _lone(side: Sequence[Term], other: Sequence[Term]) -> tuple[Term, Sequence[Term]] | None:
    if len(side) == 1 and side[0].source == "own" and side[0].coefficient == 1:
        return side[0], other
    return None


def _key(term: Term) -> CellKey:
    return CellKey(term.indicator_code, term.applicant_kind, term.measure)


def _parts(terms: Iterable[Term], sign: int = 1) -> tuple[Part, ...]:
    return tuple(Part(sign * int(term.coefficient), _key(term)) for term in terms)


class _Writer:
    """The texts of the help columns, by table and row of the sheet."""

    def __init__(self, form: Form, layout: Layout, report_year: int) -> None:
        self._boxes = {box.key: box for box in layout.values if box.key}
        self._names = {
            key: name
            for table in form.tables
            for names in [_column_names(table, report_year)]
            for row in table.rows
            if not row.is_heading
            for code, column, name in zip(row.codes, table.columns, names, strict=True)
            for key in [CellKey(code, column.applicant_kind, column.measure)]
        }
        self.head_rows: dict[str, int] = {}
        for box in layout.boxes:
            if box.role in (Role.HEADER, Role.CORNER):
                self.head_rows[box.table] = min(box.row, self.head_rows.get(box.table, box.row))

    def checks(self, sums: Sequence[Sum]) -> dict[tuple[str, int], str]:
        """A formula for each row with sums: which are not what they should be, or √."""
        lines: dict[tuple[str, int], list[Sum]] = {}
        for item in sums:
            lines.setdefault(self._place(item.cell), []).append(item)
        return {place: self._formula(items) for place, items in sorted(lines.items(), key=lambda line: line[0][1])}

    def references(self, openings: Sequence[tuple[Opening, Decimal]]) -> dict[tuple[str, int], str]:
        """What each row goes on from, column by column."""
        lines: dict[tuple[str, int], dict[CellKey, str]] = {}
        for opening, value in openings:
            told = f"{self._names[opening.cell]}{self._from(opening, value)}"
            lines.setdefault(self._place(opening.cell), {})[opening.cell] = told
        order = list(self._boxes)
        return {
            place: SEPARATOR.join(cells[key] for key in sorted(cells, key=order.index))
            for place, cells in lines.items()
        }

    def _from(self, opening: Opening, value: Decimal) -> str:
        if not opening.parts:
            return _plain(value)
        parts = (f"{'＋' if part.sign > 0 else '－'}{self._names[part.cell]}" for part in opening.parts)
        return f"＝上年{_plain(value)}{''.join(parts)}"

    def _place(self, key: CellKey) -> tuple[str, int]:
        box = self._boxes[key]
        return box.table, box.row

    def _formula(self, items: Sequence[Sum]) -> str:
        """Of each sum nothing while none of its parts is filled, then what they give; √ where what is filled fits."""
        told, compared = [], []
        for item in items:
            name, end = (self._named(item, items), SEPARATOR) if len(items) > 1 else ("", "")
            total, parts = self._area([item.cell]), [part.cell for part in item.parts]
            result, filled = self._added(item.parts), f"COUNT({self._area(parts)})"
            gap = f"ROUND({total}-{result},{_DECIMALS})"
            if item.is_total:
                figure = f"ROUND({result},{_DECIMALS})"
                same = f"应同{self._area(parts)}："
                missing, other = ("各项之和", "应为") if len(parts) > 1 else (same, same)
                wrong = f'IF({gap}=0,"",{_said(name + other, figure, end)})'
                told.append(f'IF({filled}=0,"",IF(COUNT({total})=0,{_said(name + missing, figure, end)},{wrong}))')
                compared.append(f"COUNT({total})*{filled}>0")
            else:
                all_filled = f"COUNT({total})+{filled}={len(parts) + 1}"
                wrong = f'IF({gap}=0,"",{_said(name + "两边相差", f"ABS({gap})", end)})'
                told.append(f'IF({all_filled},{wrong},"")')
                compared.append(all_filled)
        message = "&".join(told)
        return f'=IF({message}<>"",{message},IF(OR({",".join(compared)}),"√",""))'

    def _named(self, item: Sum, items: Sequence[Sum]) -> str:
        """The column of a sum; of two for one cell, also which way it adds."""
        name = self._names[item.cell]
        if len(item.parts) == 1 or sum(other.cell == item.cell and len(other.parts) > 1 for other in items) == 1:
            return name
        is_across = {self._place(part.cell) for part in item.parts} == {self._place(item.cell)}
        return f"{name}（{'横加' if is_across else '竖加'}）"

    def _added(self, parts: Sequence[Part]) -> str:
        """SUM passes over a remark such as 不适用, which + would turn into an error."""
        plus, minus = ([part.cell for part in parts if part.sign == sign] for sign in (1, -1))
        added = f"SUM({self._area(plus)})"
        return f"({added}-SUM({self._area(minus)}))" if minus else added

    def _area(self, keys: Sequence[CellKey]) -> str:
        """The cells as ranges: neighbours in a column or in a row are one."""
        boxes = sorted((self._boxes[key] for key in keys), key=lambda box: (box.column, box.row))
        ranges: list[list[Box]] = []
        for box in boxes:
            run = ranges[-1] if ranges else []
            if run and _goes_on(run, box):
                run.append(box)
            else:
                ranges.append([box])
        return ",".join(":".join(dict.fromkeys(_address(box) for box in (run[0], run[-1]))) for run in ranges)


def _goes_on(run: Sequence[Box], box: Box) -> bool:
    """Whether a box is the next one down, or the next one to the right, of a run in that direction."""
    down = (box.column, box.row) == (run[-1].column, run[-1].row + 1) and run[0].column == box.column
    right = (box.row, box.column) == (run[-1].row, run[-1].column + 1) and run[0].row == box.row
    return down or right


def _address(box: Box) -> str:
    return f"{get_column_letter(box.column)}{box.row}"


def _said(words: str, figure: str, end: str) -> str:
    """Words and a figure as an expression; the words are the form's own."""
    tail = f'&"{end}"' if end else ""
    return f'"{words.replace(chr(34), chr(34) * 2)}"&{figure}{tail}'


def _plain(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _column_names(table: Table, report_year: int) -> list[str]:
    """What each column is called among those of its table: its last head, with those above where that is not enough."""
    paths = [tuple(head.replace("{year}", str(report_year)) for head in column.path) for column in table.columns]
    names = []
    for path in paths:
        ends = (path[-length:] for length in range(1, len(path) + 1))
        own = next(end for end in ends if end == path or sum(other[-len(end) :] == end for other in paths) == 1)
        names.append("".join(own))
    return names
