"""Who is in the city's totals and who is missing, by name.

Belongs here: counts of ``mart.slice_organ`` per year and form, and for each missing organ what is known of it. Does not
belong here: the status of every duty (the status board).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import duckdb

from pipelines.status import STATUSES
from warehouse.connection import dicts

_MOST_NAMED: Final = 20
WAITED_FOR: Final = frozenset({"missing", "due", "held", "received"})
"""statuses of an organ that a total lacks"""


@dataclass(frozen=True, slots=True)
class Missing:
    """An organ that a total waits for, and why."""

    organ_code: str
    name: str
    status: str
    waits_for: str

    @property
    def word(self) -> str:
        """The status in Chinese."""
        return STATUSES[self.status]


def named(organs: Sequence[str]) -> str:
    """A、B、C, and how many more where they are too many to name; the status board has them all."""
    more = len(organs) - _MOST_NAMED
    return "、".join(organs[:_MOST_NAMED]) + (f"，另外{more}家见“报送进度”" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of how many organs a year's totals of one form are made."""

    report_year: int
    form_code: str
    form_title: str
    expected: int
    reported: int
    nil: int
    is_complete: bool
    missing: tuple[Missing, ...]

    @property
    def missing_names(self) -> str:
        """Who is missing and why, in words."""
        return named([f"{organ.name}（{organ.word}）" for organ in self.missing])

    @property
    def share(self) -> Decimal | None:
        """Reported and nil over expected."""
        return Decimal(self.reported + self.nil) / self.expected if self.expected else None


def coverages(connection: duckdb.DuckDBPyConnection, slice_kind: str = "city") -> dict[tuple[str, int, str], Coverage]:
    """(slice, year, form) -> coverage, by year, form and slice."""
    missing: dict[tuple[str, int, str], list[Missing]] = {}
    for row in dicts(
        connection,
        """
        SELECT
            s.slice_code, s.report_year, s.form_code, s.organ_code, coalesce(o.name, s.organ_code) AS name,
            coalesce(t.status, 'missing') AS status, coalesce(t.waits_for, '') AS waits_for
        FROM mart.slice_organ AS s
        LEFT JOIN core.dim_organ_year AS o ON o.organ_code = s.organ_code AND o.report_year = s.report_year
        LEFT JOIN mart.submission_status AS t
            ON t.organ_code = s.organ_code AND t.report_year = s.report_year AND t.form_code = s.form_code
        WHERE s.slice_kind = ? AND s.used_as = 'missing'
        ORDER BY s.organ_code
        """,
        [slice_kind],
    ):
        key = (row.pop("slice_code"), row.pop("report_year"), row.pop("form_code"))
        missing.setdefault(key, []).append(Missing(**row))
    rows = dicts(
        connection,
        """
        SELECT
            r.slice_code, r.report_year, r.form_code, f.short_title AS form_title,
            min(r.organs_expected) AS expected, min(r.organs_reported) AS reported, min(r.organs_nil) AS nil,
            bool_and(r.is_complete) AS is_complete
        FROM mart.city_rollup AS r
        JOIN core.dim_form AS f USING (form_code)
        WHERE r.slice_kind = ?
        GROUP BY ALL
        ORDER BY r.report_year, r.form_code, r.slice_code
        """,
        [slice_kind],
    )
    found: dict[tuple[str, int, str], Coverage] = {}
    for row in rows:
        key = (row.pop("slice_code"), row["report_year"], row["form_code"])
        found[key] = Coverage(missing=tuple(missing.get(key, ())), **row)
    return found
