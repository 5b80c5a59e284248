"""The sentences of one annual report, filled with its figures.

Belongs here: which sentences of the phrase file are said, what each placeholder says, and what had to be left out.
Does not belong here: the words (``schemas/report_phrases.yaml``), the figures, how paragraphs are printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pipelines.answers.wording import number
from pipelines.report.figures import Figure, ReportFigures
from schemas.form import CellKey
from schemas.report_phrase import PLACEHOLDER, Ask, Phrases, Placeholder, Segment, Sentence

_CHANGE_DECIMALS: Final = (2, 4)
_UNCOMPARED: Final = frozenset({"上年没有", "表样不同", "其他"})
"""why there is no percentage where it is not the figure's own doing"""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One sentence of the report, under the heading ``section``."""

    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """The report's title and sentences in order; ``left_out`` says in Chinese which were not written, and why.

    ``has_shares``: some paragraph prints shares, so the rule of rounding is to be stated.
    """

    title: str
    paragraphs: tuple[Paragraph, ...]
    left_out: tuple[str, ...]
    has_shares: bool


def write_prose(figures: ReportFigures, phrases: Phrases) -> Prose:
    """Every sentence for the report's editions whose figures are known."""
    return _Writer(figures, phrases).prose()


def change_of(figure: Figure) -> str:
    """Which of ``CHANGES`` of the phrase file a figure's change is."""
    if figure.change_pct is not None:
        return "平" if not figure.change else "增" if figure.change > 0 else "减"
    if figure.change is not None:
        return "基数小" if figure.prior_value else "上年为零"
    if figure.prior_form_code is None:
        return "上年没有"
    return "表样不同" if figure.comparability in ("C", "D") else "其他"


class _Writer:
    def __init__(self, figures: ReportFigures, phrases: Phrases) -> None:
        self._figures, self._phrases = figures, phrases
        self._codes = frozenset(form.form_code for form in figures.forms)
        self._left_out: list[str] = []
        self._has_shares = False

    def prose(self) -> Prose:
        said: list[Paragraph] = []
        for sentence in self._wanted():
            text = self._text(sentence)
            if text:
                said.append(Paragraph(sentence.section, text))
        title = "".join(part if isinstance(part, str) else self._said(part) for part in self._phrases.title.parts)
        return Prose(title, tuple(said), tuple(self._left_out), self._has_shares)

    def _wanted(self) -> list[Sentence]:
        """The sentences of the report's editions; one that several of them have is said once."""
        by_line: dict[int, Sentence] = {}
        for sentence in self._phrases.sentences:
            if sentence.form_code in self._codes and self._holds(sentence):
                by_line.setdefault(sentence.line, sentence)
        return list(by_line.values())

    def _holds(self, sentence: Sentence) -> bool:
        if not sentence.zero:
            return True
        value = self._figures.sum_of(sentence.zero)
        return value is not None and (value == 0) == sentence.wants_zero

    def _text(self, sentence: Sentence) -> str:
        text = ""
        for segment in sentence.segments:
            said = self._segment(segment)
            if said is None:
                self._left_out.append(
                    f"第{sentence.line}行的句子没有写：{'、'.join(self._unknown(segment)) or '缺少数字'}没有数"
                )
                return ""
            text += said
        return text

    def _segment(self, segment: Segment) -> str | None:
        """What it says; '' for an optional one, None for any other, with a placeholder that has nothing to say."""
        said = [part if isinstance(part, str) else self._said(part) for part in segment.parts]
        if all(said):
            self._has_shares |= any(isinstance(part, Placeholder) and part.ask is Ask.SHARE for part in segment.parts)
            return "".join(said)
        return "" if segment.is_optional else None

    def _unknown(self, segment: Segment) -> list[str]:
        asked = [part for part in segment.parts if isinstance(part, Placeholder) and not self._said(part)]
        return [self._label(term.key) for part in asked for term in (*part.terms, *part.divisor)]

    def _label(self, key: CellKey) -> str:
        form = next(form for form in self._figures.forms if key in form.cells())
        return f"“{form.label(key)}”"

    def _said(self, part: Placeholder) -> str:
        """What a placeholder says, '' where there is nothing to say."""
        figures = self._figures
        if part.ask is Ask.WORD:
            return self._word(part.word)
        if part.ask is Ask.CHANGE:
            key = part.terms[0].key
            return self._change(figures.at(key), figures.unit_of(key))
        if part.ask is Ask.SHARE:
            share = figures.share_of(part.terms, self._phrases.division_of(part.terms, self._codes))
            return "" if share is None else f"{self._phrases.moved if share.is_moved else ''}{share.percent:f}"
        if part.ask is Ask.RATE:
            rate = figures.rate_of(part.terms, part.divisor)
        else:
            rate = figures.sum_of(part.terms, part.slice)
        return "" if rate is None else number(rate)

    def _word(self, word: str) -> str:
        if word == "同比说明":
            return "；".join(dict.fromkeys(self._uncompared()))
        words = {
            "年": str(self._figures.report_year),
            "机构": self._figures.organ_name,
            "单位数": str(self._figures.organs_counted),
        }
        return words[word]

    def _change(self, figure: Figure, unit: str) -> str:
        kind = change_of(figure)
        words = {
            "百分比": _percent(figure.change_pct),
            "上年数": "" if figure.prior_value is None else number(figure.prior_value),
            "单位": unit,
            "原因": figure.note,
        }
        return PLACEHOLDER.sub(lambda match: words[match[1]], self._phrases.changes[kind])

    def _uncompared(self) -> Iterator[str]:
        """Why the changes that the sentences ask for and nothing says are not computed."""
        for sentence in self._wanted():
            for part in sentence.placeholders:
                if part.ask is Ask.CHANGE:
                    figure = self._figures.at(part.terms[0].key)
                    kind = change_of(figure)
                    if kind in _UNCOMPARED and not self._phrases.changes[kind] and figure.note:
                        yield figure.note


def _percent(value: Decimal | None) -> str:
    """The change without its sign, in as few decimals as do not make nothing of it."""
    if value is None:
        return ""
    rounded = [abs(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) for decimals in _CHANGE_DECIMALS]
    return number(next((percent for percent in rounded if percent), rounded[-1]))
