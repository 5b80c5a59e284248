"""What came back against what was printed: each cell right, flagged or wrong, and nothing else.

Belongs here: the judgement of one reading. Right: value and state are those printed. Flagged: no number is claimed
(uncertain, not_a_number, missing_row), or a finding that holds the submission names the cell, its row or its table, or
the whole file was refused with a reason. Wrong: everything else - another number in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final, Literal

from pipelines.readers.labels import normalise
from pipelines.readers.model import FileReading, Problem, ReadCell, ReadSubmission
from schemas.form import CellKey
from schemas.rule import load_rules
from tests.roundtrip.model import LOST, Expected, Page

Outcome = Literal["right", "flagged", "needless", "wrong"]
"""``needless`` is flagged where nothing in the file gave a reason for doubt"""
OUTCOMES: Final = ("right", "flagged", "needless", "wrong")
DOUBTS: Final = frozenset({"uncertain", "not_a_number", "missing_row"})
_WHOLE: Final = ("identity/", "form")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a cell and, where it is not right, what was expected and read."""

    key: CellKey
    outcome: Outcome
    said: str = ""


def judge(page: Page, reading: FileReading) -> list[Verdict]:
    """One verdict for each cell of the report asked for, and one for each cell too many of what else was read."""
    wanted = (page.form.form_code, page.year, page.organ)
    mine = [submission for submission in reading.submissions if _is(submission, wanted)]
    rest = [submission for submission in reading.submissions if not _is(submission, wanted)]
    verdicts = [verdict for submission in rest for verdict in _other(page, submission)]
    if len(mine) == 1 and (mine[0].variant == page.variant or _holds_whole(mine[0])):
        return [*_cells(page, page.expected, mine[0]), *verdicts]
    if mine:
        said = f"{len(mine)} submissions, variant {mine[0].variant!r}"
        return [*(Verdict(key, "wrong", said) for key in page.expected), *verdicts]
    said = "；".join(problem.message for problem in reading.problems) or "nothing was read of it and nothing said"
    said += "".join(f" ({s.form_code} {s.report_year} {s.organ_name} was read)" for s in rest)
    is_told = bool(reading.problems) or any(p.outcome == "fail" for s in rest for p in _holding(s))
    outcome: Outcome = ("flagged" if page.may_refuse else "needless") if is_told else "wrong"
    return [*(Verdict(key, outcome, said) for key in page.expected), *verdicts]


def _is(submission: ReadSubmission, report: tuple[str, int, str]) -> bool:
    """Whether it is the report of this edition, year and organ; one that names no organ may be anybody's."""
    form_code, year, organ = report
    named = normalise(submission.organ_name) in ("", normalise(organ))
    return named and (submission.form_code, submission.report_year) == (form_code, year)


def _other(page: Page, submission: ReadSubmission) -> Iterator[Verdict]:
    """What was read beside the report: right where the file prints it, wrong where it does not and nothing holds it."""
    expected = next((cells for report, cells in page.others.items() if _is(submission, report)), None)
    if expected is not None:
        yield from _cells(page, expected, submission)
    elif not _holds_whole(submission):
        said = f"no report of {submission.form_code} {submission.report_year} {submission.organ_name} is in the file"
        yield from (Verdict(cell.key, "wrong", said) for cell in submission.cells if cell.value_state == "reported")


def _cells(page: Page, expected: Mapping[CellKey, Expected], submission: ReadSubmission) -> Iterator[Verdict]:
    read = {cell.key: cell for cell in submission.cells}
    for key, wanted in expected.items():
        yield _verdict(page, key, wanted, read.get(key), submission)
    for key in read.keys() - expected.keys():
        if read[key].value_state == "reported" and not key.indicator_code.startswith("nar_"):
            yield Verdict(key, "wrong", f"a cell that is not printed: {read[key]}")


def _verdict(page: Page, key: CellKey, wanted: Expected, cell: ReadCell | None, submission: ReadSubmission) -> Verdict:
    if cell is None:
        return Verdict(key, "wrong", "no such cell was read")
    if (cell.value_state in wanted.states) and _same(cell.value, wanted.value):
        return Verdict(key, "right")
    said = f"printed {wanted.value} {sorted(wanted.states)}, read {cell.value} {cell.value_state} ({cell.printed!r})"
    if cell.value_state in DOUBTS or any(_names(problem, cell) for problem in _holding(submission)):
        legitimate = wanted.states == LOST or key in page.may_flag or page.may_refuse
        return Verdict(key, "flagged" if legitimate else "needless", said)
    if wanted.states == LOST and cell.value_state == "blank" and key in page.may_flag:
        # a text in another cell's place: no number is claimed, and the department is asked for one (V08)
        return Verdict(key, "flagged", said)
    return Verdict(key, "wrong", said)


def _same(value: Decimal | None, other: Decimal | None) -> bool:
    return value == other if value is not None and other is not None else value is other


def _holding(submission: ReadSubmission) -> Iterator[Problem]:
    return (p for p in submission.problems if p.rule_id in _errors() and p.outcome in ("fail", "uncertain"))


def _names(problem: Problem, cell: ReadCell) -> bool:
    key = cell.key
    if problem.scope.startswith(_WHOLE) or problem.scope == "":
        return problem.outcome == "fail"
    if problem.sheet == cell.sheet and problem.address == cell.address:
        return True
    return problem.scope in (key.scope, f"{key.measure}/{key.indicator_code}", key.indicator_code)


def _holds_whole(submission: ReadSubmission) -> bool:
    return any(p.scope.startswith(_WHOLE) and p.outcome == "fail" for p in _holding(submission))


@cache
def _errors() -> frozenset[str]:
    return frozenset(rule.rule_id for rule in load_rules() if rule.severity == "error")
