"""Several witnesses of one quantity: ``schemas/witnesses.csv``.

Belongs here: which figures of a report's prose stand against which others, in prose or table, and in what relation, as
terms over cells that the SQL judges as sets. Does not belong here: what a rule says of it
(``schemas/rules/n_prose.yaml``), judging (``witnesses.sql``, ``shares.sql``, ``report_identity.sql`` of the rules).

The sides are sums in the catalogue's language; ``|`` parts alternatives. Relations:
    equal, one_of   the left figure is the right one, or one of those (which one goes into the outcome's note)
    differ          two things that must not be the same number
    same_unit       one quantity printed twice has one unit
    year_end        the figures named run to the end of the year
    part            the left ones are parts; what they leave out is said
    coverage        what share of the right figure the left ones make up
    percent         the left figure is the printed percentage of ``right`` in ``base``
    organ, report_year, full_year       title and statistical period
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from schemas.equation import parse_equation
from schemas.form import APPLICANT_KINDS, MEASURES, CellKey, Form, load_forms
from schemas.narrative import label_of, load_narrative_codes

RELATIONS: Final = frozenset(
    {"equal", "one_of", "differ", "same_unit", "year_end", "part", "coverage", "percent"}
    | {"organ", "report_year", "full_year"}
)
_FILE: Final = Path(__file__).parent / "witnesses.csv"
_REMARK: Final = re.compile(r"（[^）]*）| = .*")
_INNER_QUOTES: Final = str.maketrans("“”", "‘’")
_SIDES: Final = ("left", "right", "base")


class WitnessError(ValueError):
    """A row of the table of witnesses contradicts itself or the forms."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One comparison of one edition; its outcome stands at (rule_id, scope)."""

    witness_id: int
    rule_id: str
    form_code: str
    scope: str
    relation: str
    note: str


@dataclass(frozen=True, slots=True)
class WitnessTerm:
    """One addend of one alternative (``choice``, from 1) of a side: left, right or base."""

    witness_id: int
    side: str
    choice: int
    position: int
    coefficient: Decimal
    indicator_code: str
    applicant_kind: str
    measure: str
    label: str
    is_prose: bool


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The whole table, as rows."""

    witnesses: tuple[Witness, ...]
    terms: tuple[WitnessTerm, ...]


@cache
def load_witnesses(path: Path = _FILE) -> Witnesses:
    """The table over every edition. Raises WitnessError, naming the row, where it is not well-formed."""
    forms = load_forms()
    witnesses: dict[tuple[str, str, str], Witness] = {}
    terms: list[WitnessTerm] = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for form_code in forms if row["forms"] == "all" else row["forms"].split(";"):
            if form_code not in forms or row["relation"] not in RELATIONS:
                raise WitnessError(f"{path.name}: unknown edition or relation: {row}")
            mine = list(_terms(len(witnesses) + 1, row, forms[form_code]))
            scope = f"{mine[0].measure}/{row['row']}"
            witness = Witness(len(witnesses) + 1, row["rule_id"], form_code, scope, row["relation"], row["note"])
            if witnesses.setdefault((row["rule_id"], form_code, scope), witness) is not witness:
                raise WitnessError(f"{path.name}: two rows of {row['rule_id']} at {scope} of {form_code}")
            terms += mine
    return Witnesses(tuple(witnesses.values()), tuple(terms))


def _terms(witness_id: int, row: Mapping[str, str], form: Form) -> Iterator[WitnessTerm]:
    position = 0
    for side in _SIDES:
        for choice, text in enumerate(filter(None, map(str.strip, row[side].split("|"))), start=1):
            # the catalogue's grammar reads whole equations
            for operand in parse_equation(f"{text} = 0").left:
                if operand.cell is None or operand.function:
                    raise WitnessError(f"{text!r} of {row['rule_id']} is no sum of cells")
                dimensions = operand.cell.dimensions
                measure = next((item for item in dimensions if item in MEASURES), "annual")
                applicant = next((item for item in dimensions if item in APPLICANT_KINDS), "")
                key = CellKey(operand.cell.name, applicant, measure)
                is_prose = key.indicator_code in load_narrative_codes()
                if not is_prose and key not in form.cells():
                    raise WitnessError(f"{row['rule_id']}: {form.form_code} has no cell {key}")
                position += 1
                yield WitnessTerm(
                    witness_id=witness_id,
                    side=side,
                    choice=choice,
                    position=position,
                    coefficient=operand.coefficient,
                    indicator_code=key.indicator_code,
                    applicant_kind=applicant,
                    measure=measure,
                    label=_label(form, key, is_prose),
                    is_prose=is_prose,
                )


def _label(form: Form, key: CellKey, is_prose: bool) -> str:
    if not is_prose:
        return f"表内“{form.label(key)}”"
    name = _REMARK.sub("", label_of(form, key).removeprefix("正文：")).translate(_INNER_QUOTES)
    return f"正文“{name}{'｜历年累计' if key.measure == 'cumulative' else ''}”"
