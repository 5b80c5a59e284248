"""What of one edition may be compared with what of the next: ``register/concepts.csv``, and the rates.

Belongs here: the crosswalk as data - its expansion to single indicators, and each family's figure in an edition as a
sum of cells -, the base from which a percentage is given, and the terms of the assessment rates. Does not belong here:
computing a series or a rate (``warehouse/sql/mart``). Source: the crosswalk of the form eras.

A side of a crosswalk row is one cell, several joined by ``+``, or ``Σ`` before a code that ends in ``*``: every row
that begins so. ``[total]`` names the kind of applicant, and is meant where a row has kinds and none is named. A ``*``
without Σ and a list with ``;`` name several figures of which no single one is the family's: it has no series there.
"""

from __future__ import annotations

import csv
import fnmatch
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from schemas.form import Form

_CROSSWALK: Final = Path(__file__).parent / "register" / "concepts.csv"
_LABELS: Final = Path(__file__).parent / "concept_labels.csv"
_RATES: Final = Path(__file__).parent / "rates.csv"
_THRESHOLDS: Final = Path(__file__).parent / "thresholds.csv"
_CODE: Final = re.compile(r"[a-z][a-z0-9_*]+")
_SUMMAND: Final = re.compile(r"(?:Σ\s*)?(?P<code>[a-z][a-z0-9_]*\*?)(?:\[(?P<applicant>[a-z_]+)\])?")
_INCLUDES_PARTS: Final = ("各小项亦", "各格亦")
"""A note that begins so says that the class holds for each part of the sum too."""


class ConceptError(ValueError):
    """A row of the crosswalk says what no edition prints, or contradicts another row."""


class Comparability(NamedTuple):
    """The class (A to D) of one indicator code that two successive editions share, and the crosswalk's remark on it."""

    from_form: str
    to_form: str
    indicator_code: str
    comparability: str
    remark: str = ""


class ConceptStep(NamedTuple):
    """The class (A to D) of a family from one edition to the next, and the crosswalk's remark on it."""

    concept_code: str
    from_form: str
    to_form: str
    comparability: str
    remark: str


class ConceptTerm(NamedTuple):
    """One cell of the sum that is a family's figure in an edition; always the annual measure."""

    concept_code: str
    form_code: str
    indicator_code: str
    applicant_kind: str


class ConceptLabel(NamedTuple):
    """What a family is called, what it counts, and under which heading it stands, in Chinese."""

    concept_code: str
    label: str
    unit: str
    topic: str

    @property
    def heading(self) -> str:
        """The name with what it counts."""
        return f"{self.label}（{self.unit}）"


class Threshold(NamedTuple):
    """A limit that the comparisons keep to; ``smallest_base``: a percentage of less says nothing."""

    threshold_code: str
    limit_value: Decimal


class RateTerm(NamedTuple):
    """One summand of a rate: ``side`` is numerator or denominator; always the annual measure."""

    rate_code: str
    form_code: str
    side: str
    indicator_code: str
    applicant_kind: str


def shared_indicators(forms: Mapping[str, Form], path: Path = _CROSSWALK) -> tuple[Comparability, ...]:
    """The classes of the indicator codes that both sides of a crosswalk row name; each once, the first row deciding."""
    found: dict[tuple[str, str, str], Comparability] = {}
    for row in _rows(path):
        earlier, later = forms[row["from_form"]], forms[row["to_form"]]
        remark = "" if includes_parts(row) else row["note"]
        for code in shared_codes(row, earlier, later):
            item = Comparability(earlier.form_code, later.form_code, code, row["comparability"], remark)
            found.setdefault(item[:3], item)
    return tuple(found.values())


def concept_steps(path: Path = _CROSSWALK) -> tuple[ConceptStep, ...]:
    """The class of each family at each change of edition. Raises ConceptError where a step stands twice."""
    found: dict[tuple[str, str, str], ConceptStep] = {}
    for row in _rows(path):
        key = (row["concept_code"], row["from_form"], row["to_form"])
        if key in found:
            raise ConceptError(f"{path.name}: {' '.join(key)} stands here twice")
        found[key] = ConceptStep(*key, row["comparability"], row["note"])
    return tuple(found.values())


def concept_terms(forms: Mapping[str, Form], path: Path = _CROSSWALK) -> tuple[ConceptTerm, ...]:
    """The cells whose sum is a family's figure in an edition.

    Where a variant of the edition replaces rows of the sum by a row of its own, that row is in the sum as well: a
    report has either. Raises ConceptError where a side is no sum of the edition's cells, or two rows of one family give
    an edition different sums.
    """
    found: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
    for row in _rows(path):
        for form_code, expression in ((row["from_form"], row["from_expr"]), (row["to_form"], row["to_expr"])):
            key = (row["concept_code"], form_code)
            try:
                terms = frozenset(_summands(expression, forms[form_code]))
            except ConceptError as problem:
                raise ConceptError(f"{path.name}: {row['concept_code']}: {problem}") from problem
            if found.setdefault(key, terms) != terms:
                raise ConceptError(f"{path.name}: {' '.join(key)} is two different sums")
    return tuple(ConceptTerm(*key, *term) for key, terms in found.items() for term in sorted(terms))


def concept_labels(path: Path = _LABELS) -> dict[str, ConceptLabel]:
    """The families' names by code, in the order in which they are shown."""
    return {row["concept_code"]: ConceptLabel(**row) for row in _rows(path)}


def thresholds(path: Path = _THRESHOLDS) -> tuple[Threshold, ...]:
    """The limits that the comparisons keep to, as ``thresholds.csv`` lists them."""
    return tuple(Threshold(row["threshold_code"], Decimal(row["limit_value"])) for row in _rows(path))


def includes_parts(row: Mapping[str, str]) -> bool:
    """Whether the class of a crosswalk row holds for each part of its sums too."""
    return row["note"].startswith(_INCLUDES_PARTS)


def shared_codes(row: Mapping[str, str], earlier: Form, later: Form) -> list[str]:
    """The indicator codes that both sides of a crosswalk row name, with their parts where its note says so."""
    parts = includes_parts(row)
    return sorted(set(_codes(row["from_expr"], earlier, parts)) & set(_codes(row["to_expr"], later, parts)))


def rate_terms(path: Path = _RATES) -> tuple[RateTerm, ...]:
    """The summands of every assessment rate, as ``rates.csv`` lists them."""
    return tuple(RateTerm(**row) for row in _rows(path))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _summands(expression: str, form: Form) -> Iterator[tuple[str, str]]:
    """(indicator, applicant) of every cell of the sum; none where the expression names no single figure."""
    if not expression or ";" in expression or ("*" in expression and "Σ" not in expression):
        return
    printed = {(key.indicator_code, key.applicant_kind) for variant in form.variants for key in form.cells(variant)}
    codes: set[str] = set()
    for text in expression.split("+"):
        part = _SUMMAND.fullmatch(text.strip())
        if part is None:
            raise ConceptError(f"{expression!r} is not a sum of cells")
        kinds = (part["applicant"],) if part["applicant"] else ("", "total")
        family = fnmatch.filter(form.indicators, part["code"])
        cells = {(code, kind) for code in family for kind in kinds} & printed
        if not cells:
            raise ConceptError(f"{form.form_code} does not print {part.group()!r}")
        codes |= {code for code, _ in cells}
        yield from cells
    for variant, dropped in form.variants.items():
        if dropped and dropped <= codes:
            own = {item.code for item in form.indicators.values() if item.variant == variant}
            yield from ({(code, kind) for code in own for kind in ("", "total")} & printed)


def _codes(expression: str, form: Form, with_parts: bool) -> Iterator[str]:
    for word in _CODE.findall(re.sub(r"\[[^\]]*\]", "", expression)):
        for code in fnmatch.filter(form.indicators, word):
            yield code
            if with_parts:
                yield from form.children(code)
