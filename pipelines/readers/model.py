"""What a reader returns, whatever kind of file it read.

Belongs here: the plain values that pass from the readers to the assets. Readers are pure functions from bytes to a
``FileReading``: they know the forms and nothing of the register, the inbox or the warehouse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from pipelines.readers.reject import RejectedError
from schemas.form import CellKey


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file; what exceeds them is answered, never half read."""

    max_bytes: int = 20 * 1024**2
    max_expanded_bytes: int = 200 * 1024**2
    max_parts: int = 2000
    max_sheets: int = 40
    max_pages: int = 60
    max_cells: int = 400_000
    max_tables: int = 300
    """tables of a text; layout tables of a web page among them"""
    max_members: int = 200
    """files in an archive"""
    max_submissions: int = 500
    max_cpu_seconds: int = 60
    max_seconds: int = 300
    max_memory_bytes: int = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class ReadCell:
    """One cell as found. ``printed`` is the text of the file ('' for a blank), ``value`` its number or None.

    ``value_state``: reported, blank, not_applicable, not_a_number, uncertain or missing_row. ``address`` is like D12
    (for a CSV the line's value field, e.g. G7). ``note`` is what stood beside the number (unit, bracketed remark).
    ``confidence`` is how sure it is that this is the cell of the form (see ``likeness``), None where it is not there.
    """

    key: CellKey
    printed: str
    value: Decimal | None
    value_state: str
    sheet: str
    address: str
    note: str = ""
    confidence: Decimal | None = Decimal(1)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a department must be told: the rule, a Chinese sentence, and where. ``scope`` as DECISIONS define it."""

    rule_id: str
    message: str
    sheet: str = ""
    address: str = ""
    printed: str = ""
    scope: str = ""
    outcome: str = "fail"


@dataclass(frozen=True, slots=True)
class ReadSubmission:
    """One organ, year and edition as the file states it; organ and ``resubmission_reason`` are '' where it does not."""

    organ_code: str
    organ_name: str
    report_year: int
    form_code: str
    variant: str
    is_nil: bool
    cells: tuple[ReadCell, ...]
    problems: tuple[Problem, ...] = ()
    resubmission_reason: str = ""


@dataclass(frozen=True, slots=True)
class FileReading:
    """A whole file. Without submissions it was rejected, and ``problems`` says why."""

    submissions: tuple[ReadSubmission, ...] = ()
    problems: tuple[Problem, ...] = field(default=())
    is_final: bool = True
    """False: the reading process died or ran out of memory; the next night reads the file again"""

    @classmethod
    def refused(cls, rejection: RejectedError) -> FileReading:
        """The reading of a file, or of a member of one, that was given up."""
        return cls(problems=(Problem(rejection.rule_id, rejection.reason),), is_final=rejection.is_final)
