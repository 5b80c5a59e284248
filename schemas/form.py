"""The statutory form editions, loaded from ``schemas/forms/*.yaml``.

Belongs here: what an edition prints - its tables, rows, columns, cells, labels and units - and the questions that every
other part asks of it. Does not belong here: how a file is read, how a template is painted, how a rule is judged.

A *cell* of an edition is named by (indicator_code, applicant_kind, measure). Forms without applicants use the
applicant kind ``''``. A *variant* of an edition (``one_row_other`` of gb_2021) replaces some rows by others; ``''`` is
the edition as prescribed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FORMS_FOLDER: Final = Path(__file__).parent / "forms"
VALUE_KINDS: Final = frozenset({"count", "signed_count", "money", "heading"})
MEASURES: Final = ("annual", "cumulative")
APPLICANT_LABELS: Final = {
    "natural_person": "自然人",
    "business": "商业企业",
    "research": "科研机构",
    "public_interest": "社会公益组织",
    "legal_service": "法律服务机构",
    "other_org": "其他",
    "total": "总计",
}
APPLICANT_KINDS: Final = tuple(APPLICANT_LABELS)


class FormError(ValueError):
    """A form file contradicts itself, or a form or year was asked for that no edition covers."""


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """One cell of an edition: indicator, kind of applicant ('' where the form has none) and measure."""

    indicator_code: str
    applicant_kind: str
    measure: str

    @property
    def scope(self) -> str:
        """``<measure>[/<applicant>]/<row>``: how an outcome names the cell."""
        return "/".join(part for part in (self.measure, self.applicant_kind, self.indicator_code) if part)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: ``label`` as printed, ``unit`` as the form prescribes it, ``value_kind`` as in VALUE_KINDS."""

    code: str
    label: str
    unit: str
    value_kind: str
    position: int
    parent_code: str = ""
    label_status: str = "seen"
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table. ``path`` is its header from top to bottom; ``{year}`` stands for the report year."""

    path: tuple[str, ...]
    measure: str
    applicant_kind: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a printed table. ``path`` is its label from left to right, ``codes`` one indicator for each column.

    ``variant`` names the only variant that prints the row ('' = every variant that does not drop its indicators).
    """

    path: tuple[str, ...]
    codes: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    variant: str = ""
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One printed table: ``section`` heading, ``caption`` line, the rule printed in the corner, columns, rows."""

    code: str
    section: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    corner: str = ""
    row_header: str = ""
    unit_header: str = ""
    label_columns: int = 1


@dataclass(frozen=True, slots=True)
class Form:
    """A form edition, complete to the cell. ``last_year`` is None while the edition is in force."""

    form_code: str
    title: str
    short_title: str
    first_year: int
    last_year: int | None
    legal_basis: str
    tables: tuple[Table, ...]
    indicators: Mapping[str, Indicator]
    variants: Mapping[str, frozenset[str]]
    """variant code -> indicator codes that the variant does not print; '' is always there"""

    def covers(self, report_year: int) -> bool:
        """Whether the edition was prescribed for ``report_year``."""
        return self.first_year <= report_year and (self.last_year is None or report_year <= self.last_year)

    def rows(self, table: Table, variant: str = "") -> tuple[Row, ...]:
        """The rows that ``variant`` prints of ``table``, in printed order."""
        dropped = self._dropped(variant)
        return tuple(
            row
            for row in table.rows
            if row.variant in ("", variant) and not (row.codes and all(code in dropped for code in row.codes))
        )

    def cells(self, variant: str = "") -> tuple[CellKey, ...]:
        """Every cell that a submission of ``variant`` must have, in printed order."""
        return tuple(key for table in self.tables for _, _, key in self.table_cells(table, variant))

    def table_cells(self, table: Table, variant: str = "") -> Iterator[tuple[Row, Column, CellKey]]:
        """(row, column, cell) of each cell to fill in of ``table``, row by row."""
        for row in self.rows(table, variant):
            if row.is_heading:
                continue
            for code, column in zip(row.codes, table.columns, strict=True):
                yield row, column, CellKey(code, column.applicant_kind, column.measure)

    def children(self, parent_code: str, variant: str = "") -> tuple[str, ...]:
        """The indicators that ``variant`` prints under ``parent_code``, in printed order."""
        dropped = self._dropped(variant)
        return tuple(
            indicator.code
            for indicator in self.indicators.values()
            if indicator.parent_code == parent_code
            and indicator.variant in ("", variant)
            and indicator.code not in dropped
        )

    def label(self, key: CellKey) -> str:
        """What a department calls the cell: the row's printed label and, where there are several, the column's."""
        label = self.indicators[key.indicator_code].label
        if key.applicant_kind:
            label += f"｜{applicant_label(key.applicant_kind)}"
        elif key.measure == "cumulative":
            label += "｜历年累计"
        return label

    def _dropped(self, variant: str) -> frozenset[str]:
        try:
            return self.variants[variant]
        except KeyError:
            raise FormError(f"{self.form_code} has no variant {variant!r}; it has {sorted(self.variants)}") from None


def applicant_label(applicant_kind: str) -> str:
    """The column head that the request matrix prints for ``applicant_kind``; '' for ''."""
    return APPLICANT_LABELS[applicant_kind] if applicant_kind else ""


@cache
def load_forms(folder: Path = FORMS_FOLDER) -> Mapping[str, Form]:
    """All editions by form code.

    Raises FormError, naming the file, where a file is not a well-formed edition.
    """
    forms = [_read_form(path) for path in sorted(folder.glob("*.yaml"))]
    return {form.form_code: form for form in forms}


def form_for(form_code: str, report_year: int) -> Form:
    """The edition ``form_code``, which must be prescribed for ``report_year``; never another year's edition.

    Raises FormError in Chinese, as departments read it.
    """
    forms = load_forms()
    if form_code not in forms:
        raise FormError(f"没有名为“{form_code}”的表样；可用的表样：{'、'.join(forms)}")
    form = forms[form_code]
    if not form.covers(report_year):
        until = form.last_year or "今"
        valid = [other.form_code for other in forms.values() if other.covers(report_year)]
        hint = f"{report_year}年度适用：{'、'.join(valid)}" if valid else f"{report_year}年度没有任何表样"
        raise FormError(f"表样 {form_code}（{form.short_title}）适用于{form.first_year}至{until}年度；{hint}")
    return form


def _read_form(path: Path) -> Form:
    try:
        form = _build_form(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormError(f"{path.name}: {type(error).__name__}: {error}") from error
    _validate(form, path)
    return form


def _build_form(raw: Mapping[str, Any]) -> Form:
    variants = {"": frozenset[str]()}
    for variant in raw.get("variants", ()):
        variants[variant["code"]] = frozenset(variant["without"])
    indicators = {
        item["code"]: Indicator(
            code=item["code"],
            label=item["label"],
            unit=item["unit"],
            value_kind=item["kind"],
            position=position,
            parent_code=item.get("parent", ""),
            label_status=item.get("label_status", "seen"),
            variant=item.get("variant", ""),
        )
        for position, item in enumerate(raw["indicators"], start=1)
    }
    return Form(
        form_code=raw["form_code"],
        title=raw["title"],
        short_title=raw["short_title"],
        first_year=int(raw["first_year"]),
        last_year=raw["last_year"],
        legal_basis=raw["legal_basis"],
        tables=tuple(_build_table(table) for table in raw["tables"]),
        indicators=indicators,
        variants=variants,
    )


def _build_table(raw: Mapping[str, Any]) -> Table:
    columns = tuple(
        Column(
            path=tuple(column["path"]),
            measure=column["measure"],
            applicant_kind=column.get("applicant", ""),
            aliases=tuple(column.get("aliases", ())),
        )
        for column in raw["columns"]
    )
    rows = tuple(
        Row(
            path=tuple(row["path"]),
            codes=tuple(row["codes"]) if "codes" in row else (row["code"],) * len(columns),
            aliases=tuple(row.get("aliases", ())),
            variant=row.get("variant", ""),
            is_heading=row.get("heading", False),
        )
        for row in raw["rows"]
    )
    return Table(
        code=raw["code"],
        section=raw["section"],
        columns=columns,
        rows=rows,
        caption=raw.get("caption", ""),
        corner=raw.get("corner", ""),
        row_header="".join(raw.get("row_header", ())),
        unit_header=raw.get("unit_header", ""),
        label_columns=raw.get("label_columns", 1),
    )


def _validate(form: Form, path: Path) -> None:
    """Indicators and printed codes agree, no cell is printed twice, no word is outside its vocabulary."""
    problems: list[str] = []
    printed = {code for table in form.tables for row in table.rows for code in row.codes}
    problems += [f"printed but not an indicator: {code}" for code in sorted(printed - form.indicators.keys())]
    problems += [f"indicator that no table prints: {code}" for code in sorted(form.indicators.keys() - printed)]
    for indicator in form.indicators.values():
        if indicator.value_kind not in VALUE_KINDS:
            problems.append(f"{indicator.code}: unknown kind {indicator.value_kind!r}")
        if indicator.parent_code and indicator.parent_code not in form.indicators:
            problems.append(f"{indicator.code}: unknown parent {indicator.parent_code!r}")
    for table in form.tables:
        for column in table.columns:
            if column.measure not in MEASURES or column.applicant_kind not in ("", *APPLICANT_KINDS):
                problems.append(f"{table.code}: unknown measure or applicant in column {column.path}")
        problems += [
            f"{table.code}: row {row.path} has {len(row.codes)} codes for {len(table.columns)} columns"
            for row in table.rows
            if len(row.codes) != len(table.columns)
        ]
    if not problems:
        for variant in form.variants:
            cells = form.cells(variant)
            if len(cells) != len(set(cells)):
                problems.append(f"variant {variant!r} prints a cell twice")
    if problems:
        raise FormError(f"{path.name}: " + "; ".join(problems))
