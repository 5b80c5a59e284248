"""The city's supplement for 2017 (xm_supplement_2017): leaves, districts and the city.

Belongs here: spreading the figures behind the prose of the 2017 report over the leaves, in step with their annex. Does
not belong here: the annex itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from samples.allocate.apportion import apportion, scatter, wobble
from samples.allocate.model import (
    ANNEX,
    CITY,
    MUNICIPAL_OFFICE,
    SUPPLEMENT,
    Counts,
    Figure,
    Value,
    by_district,
    leaf_codes,
    published_value,
    total,
)
from schemas.register import Register

YEAR: Final = 2017
ARCHIVE: Final = "XMP00403"
LIBRARY: Final = "XMP00404"
SERVICE_CENTRE: Final = "XMP00401"
FOREIGN_AFFAIRS: Final = "XMP00123"

# Made up. 42938 of 79338 is the printed rate of 54.12 %; 360000 is the printed 36万多份 without its 多.
MADE_UP: Final[Mapping[str, int]] = {"sup_made_total": 79338, "sup_gazette_copies": 360000}

CATEGORIES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("sup_cat_licensing", ("市场监督", "公安", "建设", "交通", "国土", "规划", "行政服务")),
    ("sup_cat_safety_emergency", ("安全生产", "应急", "市场监督", "建设", "交通")),
    ("sup_cat_land_environment", ("国土", "规划", "环境", "生态", "建设", "农业", "市政园林")),
    ("sup_cat_science_health", ("教育", "卫生", "文化", "图书馆", "档案馆")),
    ("sup_cat_plans", ("发展和改革", "规划", "信息化", "高技术", "人民政府办公")),
    ("sup_cat_organ_functions", ("街道", "镇人民政府", "法制", "司法", "统计")),
    ("sup_cat_policies_norms", ("人民政府办公", "法制", "人力资源", "财政", "教育")),
    ("sup_cat_major_projects", ("建设", "交通", "发展和改革", "征收", "市政园林")),
    ("sup_cat_welfare_employment", ("民政局", "人力资源", "卫生", "街道", "镇人民政府")),
)
AFFINITY: Final = 8.0

ROWS: Final = (
    "sup_open_total",
    "sup_made_total",
    "sup_cat_organ_functions",
    "sup_cat_policies_norms",
    "sup_cat_plans",
    "sup_cat_licensing",
    "sup_cat_major_projects",
    "sup_cat_welfare_employment",
    "sup_cat_land_environment",
    "sup_cat_science_health",
    "sup_cat_safety_emergency",
    "sup_ch_portal",
    "sup_ch_press",
    "sup_portal_column_visits",
    "sup_online_interviews",
    "sup_opinion_polls",
    "sup_online_surveys",
    "sup_english_articles",
    "sup_gazette_issues",
    "sup_gazette_copies",
    "sup_archive_paper",
    "sup_archive_electronic",
    "sup_library_paper",
    "sup_library_electronic",
    "sup_reading_visitors",
    "sup_press_conferences",
    "sup_req_accepted",
    "sup_req_fax",
    "sup_req_mail",
    "sup_reply_not_info",
    "sup_request_fees",
)


def build_supplement(register: Register, annex: list[Figure]) -> list[Figure]:
    """All supplement figures of 2017: every leaf, every district (consolidated) and the city (as printed)."""
    leaves = leaf_codes(register, YEAR)
    of_annex = {
        (figure.indicator_code, figure.organ_code): figure.value
        for figure in annex
        if (figure.report_year, figure.form_code, figure.measure) == (YEAR, ANNEX, "annual")
    }
    rows = _leaf_rows(register, leaves, lambda row: {code: _whole(of_annex[row, code]) for code in leaves})
    figures: list[Figure] = []
    members = {code: [code] for code in leaves} | by_district(register, leaves)
    for organ, parts in members.items():
        figures += [Figure(organ, YEAR, SUPPLEMENT, row, "", "annual", total(rows[row], parts)) for row in ROWS]
    # What the city did not print exactly stays blank in its own file.
    figures += [
        Figure(CITY, YEAR, SUPPLEMENT, row, "", "annual", None if row in MADE_UP else published_value(CITY, YEAR, row))
        for row in ROWS
    ]
    return figures


def _leaf_rows(register: Register, leaves: list[str], annex: Callable[[str], Counts]) -> dict[str, Counts]:
    opened = annex("fj_open_total")
    weights = {code: float(opened[code]) for code in leaves}
    unpublished = apportion(MADE_UP["sup_made_total"] - sum(opened.values()), _wobbled(weights, "made"))
    rows: dict[str, Counts] = {
        "sup_open_total": opened,
        "sup_made_total": {code: opened[code] + unpublished[code] for code in leaves},
        "sup_ch_portal": annex("fj_open_website"),
        "sup_ch_press": apportion(_city("sup_ch_press"), _wobbled(weights, "press"), opened),
        "sup_gazette_issues": annex("fj_open_gazette"),
        "sup_request_fees": dict.fromkeys(leaves, 0),
    }
    rows |= _categories(register, leaves, opened)
    rows |= _requests(leaves, annex)
    rows |= _activities(register, leaves, rows["sup_gazette_issues"])
    return rows


def _categories(register: Register, leaves: list[str], opened: Counts) -> dict[str, Counts]:
    """The categories are the main ones and not a partition, but no document is counted in two of them here."""
    room = dict(opened)
    rows: dict[str, Counts] = {}
    for row, words in CATEGORIES:
        names = {code: register.name_in(code, YEAR) for code in leaves}
        weights = {
            code: room[code] * (AFFINITY if any(word in names[code] for word in words) else 1.0) for code in leaves
        }
        rows[row] = apportion(_city(row), _wobbled(weights, row), room)
        room = {code: room[code] - rows[row][code] for code in leaves}
    return rows


def _requests(leaves: list[str], annex: Callable[[str], Counts]) -> dict[str, Counts]:
    by_mail_or_fax = annex("fj_req_mail_fax")
    fax = scatter(_city("sup_req_fax"), {code: float(by_mail_or_fax[code]) for code in leaves}, "fax")
    other = annex("fj_reply_other")
    not_info = apportion(_city("sup_reply_not_info"), {code: float(other[code]) for code in leaves}, other)
    return {
        "sup_req_accepted": annex("fj_reply_total"),
        "sup_req_fax": fax,
        "sup_req_mail": {code: by_mail_or_fax[code] - fax[code] for code in leaves},
        "sup_reply_not_info": not_info,
    }


def _activities(register: Register, leaves: list[str], gazettes: Counts) -> dict[str, Counts]:
    kinds = {code: register.organs[code].kind for code in leaves}
    speakers = {
        code: 0.5 if kind in ("subdistrict", "town", "affiliated_institution") else 3.0 for code, kind in kinds.items()
    } | {MUNICIPAL_OFFICE: 30.0}
    offices = {code: 0.3 if kind == "district_office" else 0.0 for code, kind in kinds.items()}
    spread: dict[str, Mapping[str, float]] = {
        "sup_portal_column_visits": {MUNICIPAL_OFFICE: 1},
        "sup_archive_paper": {ARCHIVE: 1},
        "sup_archive_electronic": {ARCHIVE: 1},
        "sup_library_paper": {LIBRARY: 1},
        "sup_library_electronic": {LIBRARY: 1},
        "sup_english_articles": {MUNICIPAL_OFFICE: 2, FOREIGN_AFFAIRS: 1},
        "sup_reading_visitors": offices | {ARCHIVE: 4, LIBRARY: 3, SERVICE_CENTRE: 2},
        "sup_online_interviews": _wobbled(speakers, "interviews"),
        "sup_opinion_polls": _wobbled(speakers, "polls"),
        "sup_online_surveys": _wobbled(speakers, "surveys"),
        "sup_press_conferences": _wobbled(speakers, "press conferences"),
        "sup_gazette_copies": {code: float(gazettes[code]) for code in leaves},
    }
    nothing = dict.fromkeys(leaves, 0)
    return {row: nothing | apportion(_city(row), weights) for row, weights in spread.items()}


def _city(row: str) -> int:
    return MADE_UP[row] if row in MADE_UP else published_value(CITY, YEAR, row)


def _wobbled(weights: Mapping[str, float], about: str) -> dict[str, float]:
    return {code: weight * wobble(about, code, spread=0.4) for code, weight in weights.items()}


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"the annex of a leaf has whole numbers only, not {value!r}")
    return value
