"""The words that the sample figures are made of: the figure itself, the rows of the forms, the published targets.

Belongs here: vocabulary, and the reading of ``published_xiamen.csv``. Does not belong here: any allocation.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from schemas.register import Register

PUBLISHED_FILE: Final = Path(__file__).parent.parent / "published_xiamen.csv"

CITY: Final = "XMP00001"
MUNICIPAL_OFFICE: Final = "XMP00002"

ANNEX: Final = "fj_annex_2017"
SUPPLEMENT: Final = "xm_supplement_2017"
NATIONAL: Final = "gb_2021"
ANNEX_YEARS: Final = (2016, 2017, 2018)
NATIONAL_YEARS: Final = (2023, 2024)

CHANNELS: Final = ("fj_req_in_person", "fj_req_online", "fj_req_mail_fax")
REPLIES: Final = ("fj_reply_granted", "fj_reply_partial", "fj_reply_refused", "fj_reply_other")
ANNEX_ROWS: Final = (
    "fj_open_total",
    "fj_open_website",
    "fj_open_gazette",
    "fj_req_total",
    *CHANNELS,
    "fj_reply_total",
    *REPLIES,
    "fj_complaints",
    "fj_reviews",
    "fj_suits",
)

ACTIVITY_ROWS: Final = (
    "a20_rules_issued",
    "a20_rules_repealed",
    "a20_rules_in_force",
    "a20_norms_issued",
    "a20_norms_repealed",
    "a20_norms_in_force",
    "a20_license_decisions",
    "a20_penalty_decisions",
    "a20_coercion_decisions",
    "a20_fees_amount",
)
RESULT_ROWS: Final = (
    "res_granted",
    "res_partial",
    "res_refused_state_secret",
    "res_refused_law_forbids",
    "res_refused_security_stability",
    "res_refused_third_party",
    "res_refused_internal_affairs",
    "res_refused_process_info",
    "res_refused_enforcement_file",
    "res_refused_admin_query",
    "res_unable_not_held",
    "res_unable_needs_creation",
    "res_unable_still_unclear",
    "res_declined_petition",
    "res_declined_repeat",
    "res_declined_publication",
    "res_declined_excessive",
    "res_declined_reconfirm",
    "res_other_not_corrected",
    "res_other_fee_unpaid",
    "res_other_misc",
)
MATRIX_ROWS: Final = ("req_new", "req_carried_in", *RESULT_ROWS, "res_total", "req_carried_out")
APPLICANTS: Final = ("natural_person", "business", "research", "public_interest", "legal_service", "other_org")
DISPUTES: Final = ("rev", "suit_direct", "suit_after")
DISPUTE_RESULTS: Final = ("upheld", "corrected", "other", "pending")

Value = int | Decimal | None
Counts = dict[str, int]


class Figure(NamedTuple):
    """One cell of one submission. ``value`` is None where the form is left blank."""

    organ_code: str
    report_year: int
    form_code: str
    indicator_code: str
    applicant_kind: str
    measure: str
    value: Value


class Published(NamedTuple):
    """One figure that was really published, by whom, and where it was read."""

    organ_code: str
    report_year: int
    form_code: str
    indicator_code: str
    applicant_kind: str
    measure: str
    value: str
    unit: str
    as_printed: str
    source: str


@cache
def published() -> tuple[Published, ...]:
    """All rows of ``published_xiamen.csv`` in their order."""
    with PUBLISHED_FILE.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream, strict=True)
        next(rows)  # the header
        return tuple(Published(organ, int(year), *rest) for organ, year, *rest in rows)


def published_value(organ: str, year: int, indicator: str, measure: str = "annual") -> int:
    """The one published whole number of that name; LookupError where there is none."""
    for row in published():
        if (row.organ_code, row.report_year, row.indicator_code, row.measure) == (organ, year, indicator, measure):
            return int(row.value)
    raise LookupError(f"published_xiamen.csv has no {indicator} ({measure}) of {organ} for {year}")


def number(text: str) -> int | Decimal:
    """A printed number as an int, or as a Decimal where it has a fraction."""
    return Decimal(text) if "." in text else int(text)


def leaf_codes(register: Register, year: int) -> list[str]:
    """The organs whose figures are summed in that report year, by code."""
    return [organ.organ_code for organ in register.leaves_in(year)]


def by_district(register: Register, codes: Iterable[str]) -> dict[str, list[str]]:
    """The leaves of each district government; the city's own leaves are in none."""
    groups: dict[str, list[str]] = {}
    for code in codes:
        district = register.district_of(code)
        if district is not None:
            groups.setdefault(district, []).append(code)
    return groups


def total(counts: Mapping[str, int], codes: Iterable[str]) -> int:
    """The sum over some organs."""
    return sum(counts[code] for code in codes)
