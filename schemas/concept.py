"""What of one edition may be compared with what of the next: ``register/concepts.csv``, and the rates.

Belongs here: the crosswalk as data and its expansion to single indicators, and the terms of the assessment rates. Does
not belong here: computing a series or a rate (``warehouse/sql/mart``). Source: the crosswalk of the form eras.
"""

from __future__ import annotations

import csv
import fnmatch
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from schemas.form import Form

_CROSSWALK: Final = Path(__file__).parent / "register" / "concepts.csv"
_RATES: Final = Path(__file__).parent / "rates.csv"
_CODE: Final = re.compile(r"[a-z][a-z0-9_*]+")
_INCLUDES_PARTS: Final = ("各小项亦", "各格亦")
"""A note that begins so says that the class holds for each part of the sum too."""


class Comparability(NamedTuple):
    """The class (A to D) of one indicator code that two successive editions share."""

    from_form: str
    to_form: str
    indicator_code: str
    comparability: str


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
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            earlier, later = forms[row["from_form"]], forms[row["to_form"]]
            for code in shared_codes(row, earlier, later):
                item = Comparability(earlier.form_code, later.form_code, code, row["comparability"])
                found.setdefault(item[:3], item)
    return tuple(found.values())


def includes_parts(row: Mapping[str, str]) -> bool:
    """Whether the class of a crosswalk row holds for each part of its sums too."""
    return row["note"].startswith(_INCLUDES_PARTS)


def shared_codes(row: Mapping[str, str], earlier: Form, later: Form) -> list[str]:
    """The indicator codes that both sides of a crosswalk row name, with their parts where its note says so."""
    parts = includes_parts(row)
    return sorted(set(_codes(row["from_expr"], earlier, parts)) & set(_codes(row["to_expr"], later, parts)))


def rate_terms(path: Path = _RATES) -> tuple[RateTerm, ...]:
    """The summands of every assessment rate, as ``rates.csv`` lists them."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(RateTerm(**row) for row in csv.DictReader(file))


def _codes(expression: str, form: Form, with_parts: bool) -> Iterator[str]:
    for word in _CODE.findall(re.sub(r"\[[^\]]*\]", "", expression)):
        for code in fnmatch.filter(form.indicators, word):
            yield code
            if with_parts:
                yield from form.children(code)
