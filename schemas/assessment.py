"""The scheme by which organs are assessed: ``register/deductions.csv`` and ``register/full_score.csv``.

Belongs here: validating both tables, which a city edits without code, and what a kind of deduction may count. Does not
belong here: counting it (``warehouse/sql/mart/assessment_deduction.sql``), the terms of the rates
(``schemas.concept``). Source: the office assesses by rates and by 13 kinds of deduction with fixed values, capped at
the full score; neither the kinds nor the values are published, so the packaged ones are made up and say so in
``status``.

Years are report years and inclusive; an empty one is open. A register that leaves a table out has no such scheme: no
deduction is made, or no score is given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from schemas.concept import rate_terms
from schemas.register_table import Row, read_table

COUNTS: Final[Mapping[str, str]] = {
    "days_late": "",
    "not_filed": "",
    "held_at_deadline": "",
    "resubmissions": "",
    "error_findings": "explained_free",
    "findings": "rules explained_free",
    "rate_above": "rate_code limit_value",
    "rate_below": "rate_code limit_value",
    "nil_contradicted": "",
}
"""what a deduction may count -> the columns that only those that count it may fill in"""
_DEPENDING: Final = ("rules", "rate_code", "limit_value")
_DEDUCTION_COLUMNS: Final = (
    "deduction_code from_year to_year name_zh counts unit_zh per_unit points cap rules explained_free rate_code"
    " limit_value status"
)
_SCORE_COLUMNS: Final = "from_year to_year full_score status"
_AMOUNT: Final = r"[0-9]{1,6}(\.[0-9]{1,4})?"
_AMOUNT_TOLD: Final = "a number from 0 of at most 6 digits and 4 decimals"


class Deduction(NamedTuple):
    """One kind of deduction in its years; field names are those of ``core.dim_deduction``.

    ``points_each`` is taken for each thing counted where ``is_per_unit``, else once for any number of them; never more
    than ``points_cap``. ``rules`` are rule ids joined by ``;``.
    """

    deduction_code: str
    valid_from_year: int | None
    valid_to_year: int | None
    deduction_name: str
    counted_as: str
    deduction_unit: str
    is_per_unit: bool
    points_each: Decimal
    points_cap: Decimal
    rules: str
    is_explained_free: bool
    rate_code: str | None
    limit_value: Decimal | None
    points_status: str


class FullScore(NamedTuple):
    """What an organ has before anything is deducted, in these years."""

    valid_from_year: int | None
    valid_to_year: int | None
    full_score: Decimal
    points_status: str


class Scheme(NamedTuple):
    """The whole scheme; either part may be empty."""

    deductions: tuple[Deduction, ...]
    full_scores: tuple[FullScore, ...]


def load_scheme(register: Path, rule_ids: Collection[str]) -> Scheme:
    """Read and validate both tables of a register; ``RegisterError`` names file, line and column.

    ``rule_ids`` are those of the catalogue: a deduction may name no other.
    """
    deductions: list[Deduction] = []
    for row in _rows(register / "deductions.csv", _DEDUCTION_COLUMNS):
        item = _deduction(row, rule_ids)
        _check_years(row, item, [other for other in deductions if other.deduction_code == item.deduction_code])
        deductions.append(item)
    scores: list[FullScore] = []
    for row in _rows(register / "full_score.csv", _SCORE_COLUMNS):
        score = _full_score(row)
        _check_years(row, score, scores)
        scores.append(score)
    return Scheme(tuple(deductions), tuple(scores))


def _rows(file: Path, columns: str) -> list[Row]:
    return read_table(file, tuple(columns.split())) if file.exists() else []


def _check_years(row: Row, item: Deduction | FullScore, others: Sequence[Deduction | FullScore]) -> None:
    for other in others:
        begin = max(item.valid_from_year or 0, other.valid_from_year or 0)
        if all(last is None or begin <= last for last in (item.valid_to_year, other.valid_to_year)):
            raise row.error("from_year", "another line says the same of some of these years")


def _deduction(row: Row, rule_ids: Collection[str]) -> Deduction:
    first, last = row.years("from_year", "to_year")
    counts = row.choice("counts", COUNTS, "thing to count")
    mine = COUNTS[counts].split()
    for column in _DEPENDING:
        if column in mine:
            row.text(column)
        elif row.optional(column):
            raise row.error(column, f"{counts!r} has none")
    rules = row.optional("rules").split(";") if row.optional("rules") else []
    for rule in rules:
        if rule not in rule_ids:
            raise row.error("rules", f"unknown rule {rule!r}")
    is_free = row.flag("explained_free")
    if is_free and "explained_free" not in mine:
        raise row.error("explained_free", f"{counts!r} is nothing that a department explains")
    points, cap = _amount(row, "points"), _amount(row, "cap")
    if not points:
        raise row.error("points", "a kind without points is left out of the file")
    if cap < points:
        raise row.error("cap", f"{cap} is less than the {points} points of one")
    return Deduction(
        row.matching("deduction_code", r"D[0-9]{2}", "a code like D01"),
        first,
        last,
        row.text("name_zh"),
        counts,
        row.optional("unit_zh"),
        row.flag("per_unit"),
        points,
        cap,
        ";".join(rules),
        is_free,
        row.choice("rate_code", {term.rate_code for term in rate_terms()}, "rate") if "rate_code" in mine else None,
        _amount(row, "limit_value") if "limit_value" in mine else None,
        row.text("status"),
    )


def _full_score(row: Row) -> FullScore:
    first, last = row.years("from_year", "to_year")
    score = _amount(row, "full_score")
    if not score:
        raise row.error("full_score", "must be above 0")
    return FullScore(first, last, score, row.text("status"))


def _amount(row: Row, column: str) -> Decimal:
    return Decimal(row.matching(column, _AMOUNT, _AMOUNT_TOLD))
