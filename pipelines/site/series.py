"""The families of figures over the years, as the pages tell them: value, change, why, and what may be compared.

Belongs here: reading ``mart.concept_series`` with what explains it - contributions, the matched panel, changes of the
form - and the sentence that says why a total changed. Does not belong here: computing a change
(``warehouse/sql/mart``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any, Final

import duckdb

from pipelines.site.figure import written
from schemas.chinese import WORDS
from schemas.concept import ConceptLabel, ConceptStep, concept_labels, concept_steps, concept_terms, thresholds
from schemas.form import load_forms
from warehouse.connection import dicts

SMALLEST_BASE: Final[Decimal] = next(
    item.limit_value for item in thresholds() if item.threshold_code == "smallest_base"
)
_BROKEN: Final = frozenset({"C", "D"})
_MOST_MOVERS: Final = 8
_IN_A_SENTENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Mover:
    """What one organ contributed to a change, as which part."""

    organ_code: str
    name: str
    part: str
    contribution: Decimal


@dataclass(frozen=True, slots=True)
class Panel:
    """The same organs in both years; organs whose figures could not be matched are excluded."""

    value: Decimal
    prior_value: Decimal
    change: Decimal
    change_pct: Decimal | None
    organs_in_panel: int
    organs_entered: int
    organs_left: int
    organs_excluded: int

    @property
    def is_all(self) -> bool:
        """Whether the panel is everybody, so that it says nothing that the totals do not."""
        return not (self.organs_entered or self.organs_left or self.organs_excluded)


@dataclass(frozen=True, slots=True)
class Step:
    """A family's figure of the city in one year, and the way to it from the year before."""

    concept: ConceptLabel
    report_year: int
    form_code: str
    form_title: str
    value: Decimal | None
    prior_value: Decimal | None
    change: Decimal | None
    change_pct: Decimal | None
    is_complete: bool
    note: str
    panel: Panel | None = None
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    movers: Sequence[Mover] = ()
    """the largest first; where the total has no change, of the matched panel"""

    @property
    def why(self) -> str:
        """In one sentence, which organs and which circumstances made the change; '' where nothing can be said."""
        names = "，".join(
            f"{item.name} {written(item.contribution, 'change')}" for item in self.movers[:_IN_A_SENTENCE]
        )
        if self.change is not None:
            told = [f"{WORDS['part'][part]} {written(value, 'change')}" for part, value in self.parts.items()]
            # one part alone is the change itself
            parts = f"其中{'，'.join(told)}。" if set(self.parts) - {"matched"} else ""
            return parts + (f"变动最大：{names}。" if names else "")
        if self.panel is None:
            return ""
        percent = f"（{written(self.panel.change_pct, 'percent')}）" if self.panel.change_pct is not None else ""
        told_panel = f"两年可比的{self.panel.organs_in_panel}家：{written(self.panel.change, 'change')}{percent}。"
        return told_panel + (f"变动最大：{names}。" if names else "")


def city_series(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Step]]:
    """Concept -> its steps of the city by year, in the order of the labels; families without a figure are left out."""
    labels = concept_labels()
    panels, parts, movers = _panels(connection), _parts(connection), _movers(connection)
    found: dict[str, list[Step]] = {}
    for row in dicts(
        connection,
        """
        SELECT
            s.concept_code, s.report_year, s.form_code, f.short_title AS form_title, s.value, s.prior_value, s.change,
            s.change_pct, s.is_complete, s.note
        FROM mart.concept_series AS s
        JOIN core.dim_form AS f USING (form_code)
        WHERE s.slice_kind = 'city'
        ORDER BY s.concept_code, s.report_year, s.form_code
        """,
    ):
        key = (row["concept_code"], row["report_year"], row["form_code"])
        step = Step(
            concept=labels[row.pop("concept_code")],
            panel=panels.get(key),
            parts=parts.get(key, {}),
            movers=movers.get(key, []),
            **row,
        )
        found.setdefault(step.concept.concept_code, []).append(step)
    return {code: found[code] for code in labels if code in found}


def breaks_of(steps: Sequence[Step], first_years: Mapping[str, int]) -> dict[int, str]:
    """Year -> why the figures from it on are not to be joined to those before; ``first_years``: of each edition."""
    places = [(step.report_year, step.form_code) for step in steps]
    return breaks_between(steps[0].concept.concept_code, places, first_years) if steps else {}


def breaks_between(
    concept_code: str, places: Sequence[tuple[int, str]], first_years: Mapping[str, int]
) -> dict[int, str]:
    """The same of a family that stands in these years and forms."""
    found: dict[int, str] = {}
    for (year_before, form_before), (year_after, form_after) in pairwise(places):
        if form_before == form_after or year_before == year_after:
            continue
        way = _way(concept_code, form_before, form_after)
        if way is None:
            found[year_after] = "表样不同，不可比"
        for item in way or ():
            if item.comparability in _BROKEN:
                year = min(max(first_years[item.to_form], year_before + 1), year_after)
                found[year] = f"{year}年起换表样，口径不同"
    return found


def remarks_of(steps: Sequence[Step]) -> list[str]:
    """What the crosswalk remarks on the changes of the form that this series has gone through."""
    forms = {step.form_code for step in steps}
    code = steps[0].concept.concept_code
    way = [item for item in concept_steps() if item.concept_code == code and item.remark]
    return [item.remark for item in way if item.from_form in forms or item.to_form in forms]


@cache
def _way(concept_code: str, start: str, end: str) -> tuple[ConceptStep, ...] | None:
    """The changes of edition that lead from one to the other; None where none do."""
    return _along([item for item in concept_steps() if item.concept_code == concept_code], start, end)


def _along(steps: Sequence[ConceptStep], start: str, end: str) -> tuple[ConceptStep, ...] | None:
    if start == end:
        return ()
    for item in steps:
        if item.from_form == start and item.to_form != start:
            rest = _along([other for other in steps if other.from_form != start], item.to_form, end)
            if rest is not None:
                return (item, *rest)
    return None


def _panels(connection: duckdb.DuckDBPyConnection) -> dict[tuple[Any, ...], Panel]:
    terms = concept_terms(load_forms())
    rows = dicts(
        connection,
        """
        WITH term AS (
            SELECT unnest(?) AS concept_code, unnest(?) AS form_code, unnest(?) AS indicator_code,
                unnest(?) AS applicant
        )
        SELECT
            t.concept_code,
            y.report_year,
            y.form_code,
            sum(y.value) AS value,
            sum(y.prior_value) AS prior_value,
            sum(y.change) AS change,
            min(y.organs_in_panel) AS organs_in_panel,
            max(y.organs_entered) AS organs_entered,
            max(y.organs_left) AS organs_left,
            max(y.organs_excluded) AS organs_excluded,
            CASE
                WHEN count(*) = 1 THEN min(y.change_pct)
                WHEN sum(y.prior_value) >= ?
                    THEN CAST(round(100 * sum(y.change) / sum(y.prior_value), 4) AS DECIMAL(18, 4))
            END AS change_pct
        FROM mart.year_over_year_like_for_like AS y
        JOIN term AS t
            ON t.form_code = y.form_code AND t.indicator_code = y.indicator_code AND t.applicant = y.applicant_kind
        WHERE y.slice_kind = 'city' AND y.measure = 'annual' AND y.prior_form_code = y.form_code
        GROUP BY t.concept_code, y.report_year, y.form_code
        -- part of a sum is not the sum, and a sum over different organs is no panel
        HAVING count(*) = count(y.change) AND min(y.organs_in_panel) = max(y.organs_in_panel)
        """,
        [*(list(column) for column in zip(*terms, strict=True)), SMALLEST_BASE],
    )
    return {(row.pop("concept_code"), row.pop("report_year"), row["form_code"]): _panel(row) for row in rows}


def _panel(row: dict[str, Any]) -> Panel:
    row.pop("form_code")
    return Panel(**row)


def _parts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[Any, ...], dict[str, Decimal]]:
    found: dict[tuple[Any, ...], dict[str, Decimal]] = {}
    for row in dicts(
        connection,
        """
        SELECT concept_code, report_year, form_code, part, sum(contribution) AS contribution
        FROM mart.concept_contribution
        WHERE slice_kind = 'city'
        GROUP BY ALL
        ORDER BY ALL
        """,
    ):
        key = (row["concept_code"], row["report_year"], row["form_code"])
        found.setdefault(key, {})[row["part"]] = row["contribution"]
    return {key: {part: told[part] for part in WORDS["part"] if part in told} for key, told in found.items()}


def _movers(connection: duckdb.DuckDBPyConnection) -> dict[tuple[Any, ...], list[Mover]]:
    """The largest contributions; of a year without a change, the differences of the organs that are in both totals."""
    found: dict[tuple[Any, ...], list[Mover]] = {}
    for row in dicts(
        connection,
        """
        WITH counted AS (
            SELECT c.*
            FROM mart.concept_organ AS c
            JOIN mart.slice_organ AS s USING (report_year, form_code, organ_code, submission_id)
            WHERE s.slice_kind = 'city'
        ),

        moved AS (
            SELECT concept_code, report_year, form_code, organ_code, part, contribution
            FROM mart.concept_contribution
            WHERE slice_kind = 'city'
            UNION ALL
            SELECT n.concept_code, n.report_year, n.form_code, n.organ_code, 'matched', n.value - b.value
            FROM counted AS n
            JOIN counted AS b
                ON b.concept_code = n.concept_code AND b.form_code = n.form_code AND b.organ_code = n.organ_code
                AND b.report_year = n.report_year - 1
            JOIN mart.concept_series AS y
                ON y.concept_code = n.concept_code AND y.report_year = n.report_year AND y.form_code = n.form_code
            WHERE y.slice_kind = 'city' AND y.change IS NULL AND n.value <> b.value
        ),

        ranked AS (
            SELECT
                *,
                row_number() OVER (
                    PARTITION BY concept_code, report_year, form_code
                    ORDER BY abs(contribution) DESC, organ_code ASC, part ASC
                ) AS place
            FROM moved
        )

        SELECT
            r.concept_code, r.report_year, r.form_code, r.organ_code, coalesce(o.name, r.organ_code) AS name, r.part,
            r.contribution
        FROM ranked AS r
        LEFT JOIN core.dim_organ_year AS o ON o.organ_code = r.organ_code AND o.report_year = r.report_year
        WHERE r.place <= ?
        ORDER BY r.concept_code, r.report_year, r.form_code, r.place
        """,
        [_MOST_MOVERS],
    ):
        key = (row.pop("concept_code"), row.pop("report_year"), row.pop("form_code"))
        found.setdefault(key, []).append(Mover(**row))
    return found
