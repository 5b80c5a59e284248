"""Which column of a published table names a row of which other table.

Belongs here: the foreign keys, as data, for the entity diagram and for the test that joins on them. They are not
declared in the database: an index on every key costs more than it tells (``schemas.render.create_table``). Does not
belong here: what the tables hold (``schemas.tables``); what was true on another day - histories, decisions and changes
of findings may name what is no longer there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.render import columns_of
from schemas.tables import HISTORIES, TABLES


@dataclass(frozen=True, slots=True)
class Link:
    """``columns`` of ``table`` name one row of ``to`` by ``to_columns``; NULL or '' in the last of them names none."""

    table: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    is_optional: bool = False

    @property
    def orphans(self) -> str:
        """The SELECT that counts the rows that name nothing."""
        same = " AND ".join(
            f'r."{theirs}" = t."{ours}"' for ours, theirs in zip(self.columns, self.to_columns, strict=True)
        )
        named = f"""t."{self.columns[-1]}" IS NOT NULL AND t."{self.columns[-1]}" <> ''"""
        return (
            f"SELECT count(*) FROM {self.table} AS t"  # noqa: S608 - names of ours
            f" WHERE {named} AND NOT EXISTS (SELECT 1 FROM {self.to} AS r WHERE {same})"
        )


_ORGAN: Final = ("core.dim_organ", "organ_code")
_FORM: Final = ("core.dim_form", "form_code")
_SUBMISSION: Final = ("core.fct_submission", "submission_id")
_RELEASE: Final = ("meta.release", "release_id")
_BY_FIELD: Final[Mapping[str, tuple[str, str]]] = {
    "organ_code": _ORGAN,
    "contributing_organ_code": _ORGAN,
    "district_code": _ORGAN,
    "successor_code": _ORGAN,
    "form_code": _FORM,
    "prior_form_code": _FORM,
    "rule_id": ("core.dim_rule", "rule_id"),
    "file_id": ("core.fct_file", "file_id"),
    "submission_id": _SUBMISSION,
    "supersedes": _SUBMISSION,
    "superseded_by": _SUBMISSION,
    "repeats": _SUBMISSION,
    "finding_id": ("core.fct_finding", "finding_id"),
    "release_id": _RELEASE,
    "prior_release_id": _RELEASE,
}
"""what a field names in every table that has it"""
_PAST: Final = {
    "core.fct_decision": ("submission_id", "finding_id", "rule_id", "organ_code", "form_code"),
    "core.finding_history": ("finding_id",),
}
"""columns that keep what they named, though it may be gone"""
_INDICATOR: Final = "form_code indicator_code"
_CELL: Final = "indicator_code applicant_kind measure"
_SLICE: Final = "report_year slice_kind slice_code"
_MORE: Final = (
    # table, its columns, the table that they name a row of, that one's columns where they are called otherwise
    ("core.dim_organ", "parent_code", "core.dim_organ", "organ_code"),
    ("core.dim_organ_year", "parent_code", "core.dim_organ", "organ_code"),
    ("core.dim_indicator", "form_code parent_code", "core.dim_indicator", _INDICATOR),
    ("core.official_cell", f"submission_id {_CELL}", "core.fct_cell", ""),
    ("mart.rollup_source", "report_year organ_code", "core.dim_organ_year", ""),
    ("mart.slice_organ", "report_year form_code organ_code", "mart.rollup_source", ""),
    ("mart.city_rollup", _INDICATOR, "core.dim_indicator", ""),
    ("mart.year_over_year", f"{_SLICE} form_code {_CELL}", "mart.city_rollup", ""),
    ("mart.contribution", f"{_SLICE} {_CELL}", "mart.year_over_year", ""),
    ("mart.year_over_year_like_for_like", f"{_SLICE} {_CELL}", "mart.year_over_year", ""),
    ("mart.concept_contribution", f"concept_code {_SLICE} form_code", "mart.concept_series", ""),
    ("mart.reported_vs_computed", _INDICATOR, "core.dim_indicator", ""),
    ("mart.assessment", "report_year organ_code", "core.dim_organ_year", ""),
    ("mart.assessment_deduction", "report_year organ_code", "mart.assessment", ""),
    ("mart.submission_status", "report_year organ_code", "core.dim_organ_year", ""),
    ("mart.revision", _INDICATOR, "core.dim_indicator", ""),
    ("mart.revision_rollup", _INDICATOR, "core.dim_indicator", ""),
)


def _links() -> Iterator[Link]:
    for table, contract in TABLES.items():
        if table in HISTORIES:
            continue
        for column in columns_of(contract):
            named = _BY_FIELD.get(column.field)
            if named and named != (table, column.name) and column.name not in _PAST.get(table, ()):
                yield Link(table, (column.name,), named[0], named[1:], _is_optional(table, column.name))
    for table, columns, to, to_columns in _MORE:
        ours = tuple(columns.split())
        yield Link(table, ours, to, tuple(to_columns.split()) or ours, _is_optional(table, ours[-1]))


def _is_optional(table: str, column: str) -> bool:
    return bool(TABLES[table].columns[column].nullable)


LINKS: Final = tuple(_links())
"""every foreign key"""
