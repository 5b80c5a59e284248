"""The figures that prose may print, and the words by which they are known.

Belongs here: codes ``nar_*``, their meaning and unit (``narrative_codes.csv``), and the table of phrases
(``prose_phrases.csv``); they are cells of any edition, so what a cell is called in sentences is said here too. Does not
belong here: how prose is read (``pipelines.readers.prose``) or judged (``schemas.witness``).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schemas.form import CellKey, Form

NARRATIVE_SHEET: Final = "正文"
TITLE_ORGAN: Final = "nar_title_organ"
TITLE_YEAR: Final = "nar_title_year"
PERIOD_START: Final = "nar_period_start"
PERIOD_END: Final = "nar_period_end"
_CODES: Final = Path(__file__).parent / "narrative_codes.csv"
_PHRASES: Final = Path(__file__).parent / "prose_phrases.csv"

Words = tuple[str, ...]
"""alternatives, of which one must be there"""


@dataclass(frozen=True, slots=True)
class NarrativeCode:
    """A figure of the prose.

    ``same_as`` is the supplement's code for the same quantity, ``share_of`` the figure of which this is the percentage
    printed behind it; both '' where there is none.
    """

    code: str
    label: str
    unit: str
    same_as: str
    share_of: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of printing a figure.

    ``before`` stand in this order before the number, the last of them next to it; ``after`` behind it, ``context``
    anywhere before it in the sentence, ``without`` nowhere before it. ``units`` are those it may be printed with,
    ``forms`` the beginnings of the editions whose reports print it so (empty: all).
    """

    code: str
    before: tuple[Words, ...]
    after: Words
    context: Words
    without: Words
    units: frozenset[str]
    forms: tuple[str, ...]

    def fits(self, form_code: str) -> bool:
        """Whether reports with the edition ``form_code`` use the phrase."""
        return not self.forms or form_code.startswith(self.forms)


@cache
def load_narrative_codes(path: Path = _CODES) -> Mapping[str, NarrativeCode]:
    """All prose figures by code."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["code"]: NarrativeCode(row["code"], row["meaning_zh"], row["unit"], row["same_as"], row["share_of"])
        for row in rows
    }


@cache
def load_phrases(path: Path = _PHRASES) -> tuple[Phrase, ...]:
    """The table of phrases in its order. Raises ValueError where a phrase has an unknown code or says nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    phrases = []
    for row in rows:
        if row["code"] not in load_narrative_codes() or not (row["before"] + row["after"] + row["context"]):
            raise ValueError(f"{path.name}: {row}")
        phrases.append(
            Phrase(
                code=row["code"],
                before=tuple(_words(part) for part in row["before"].split()),
                after=_words(row["after"]),
                context=_words(row["context"]),
                without=_words(row["without"]),
                units=frozenset(row["units"].split(";")),
                forms=tuple(filter(None, row["forms"].split(";"))),
            )
        )
    return tuple(phrases)


def _words(text: str) -> Words:
    return tuple(sorted(filter(None, text.split("|")), key=len, reverse=True))


@cache
def share_codes() -> Mapping[str, str]:
    """The share printed behind a figure, by the figure's code."""
    return {code.share_of: code.code for code in load_narrative_codes().values() if code.share_of}


def label_of(form: Form, key: CellKey) -> str:
    """What a department calls the cell: the form's label, the prose figure's meaning, or the code that nobody knows."""
    if key.indicator_code in form.indicators:
        return form.label(key)
    code = load_narrative_codes().get(key.indicator_code)
    return code.label if code else key.indicator_code
