"""The national form of 2023 and 2024 (gb_2021): leaves, districts and the city. All figures are made up.

Belongs here: made-up applications and disputes from which the 200 cells of every leaf are counted, so that the printed
rules hold and what is carried out of 2023 is carried into 2024, applicant by applicant. A few leaves follow what they
said in prose (``Pins``). Does not belong here: what goes wrong in the live collection (``story``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from samples.allocate.apportion import apportion, draw, scatter, wobble
from samples.allocate.model import (
    ACTIVITY_ROWS,
    APPLICANTS,
    CITY,
    DISPUTE_RESULTS,
    DISPUTES,
    MATRIX_ROWS,
    MUNICIPAL_OFFICE,
    NATIONAL,
    NATIONAL_YEARS,
    RESULT_ROWS,
    Figure,
    by_district,
    leaf_codes,
    published_value,
)
from samples.allocate.story import STORY
from samples.allocate.traits import Traits, traits_of
from schemas.register import Register

Cell = tuple[str, str]  # indicator, applicant kind ('' where the table has none)
Cells = Mapping[Cell, int | Decimal]

REQUESTS: Final[Mapping[int, int]] = {2023: 1876, 2024: 2043}
CARRIED_INTO_2023: Final = 41
CARRIED_ON: Final = 0.03  # the share of applications still open at the end of a year
NEW_DISPUTES: Final[Mapping[int, Mapping[str, int]]] = {
    2023: {"rev": 62, "suit_direct": 28, "suit_after": 19},
    2024: {"rev": 58, "suit_direct": 31, "suit_after": 17},
}
APPLICANT_WEIGHTS: Final = (0.79, 0.13, 0.004, 0.006, 0.045, 0.025)
DISPUTE_WEIGHTS: Final = (0.56, 0.1, 0.2, 0.14)
RESULT_WEIGHTS: Final[Mapping[str, float]] = {
    "res_granted": 33,
    "res_partial": 7,
    "res_refused_state_secret": 0.2,
    "res_refused_law_forbids": 0.4,
    "res_refused_security_stability": 0.2,
    "res_refused_third_party": 2,
    "res_refused_internal_affairs": 2,
    "res_refused_process_info": 3,
    "res_refused_enforcement_file": 1.5,
    "res_refused_admin_query": 4,
    "res_unable_not_held": 25,
    "res_unable_needs_creation": 3,
    "res_unable_still_unclear": 1.5,
    "res_declined_petition": 5,
    "res_declined_repeat": 2,
    "res_declined_publication": 0.3,
    "res_declined_excessive": 0.2,
    "res_declined_reconfirm": 0.8,
    "res_other_not_corrected": 3,
    "res_other_fee_unpaid": 0.1,
    "res_other_misc": 4,
}
SERVICE_CENTRE: Final = "XMP00401"  # ends with 2023 and leaves nothing open
RULES: Final[Mapping[int, tuple[int, int]]] = {2023: (3, 2), 2024: (4, 1)}  # rules issued and repealed
RULES_IN_FORCE: Final[Mapping[int, int]] = {2023: 58, 2024: 61}


class Pins(NamedTuple):
    """What is fixed for one leaf and year. None leaves it to the lot."""

    new: int | None = None
    carried_in: int | None = None
    carried_out: int | None = None
    results: Mapping[str, int] | None = None


def build_national(register: Register) -> list[Figure]:
    """All figures of the national form: every leaf that does not file 零报告, every district and the city."""
    tables: dict[int, dict[str, Cells]] = {}
    open_cases: Mapping[str, Sequence[str]] = {}
    open_disputes: Mapping[str, Counter[str]] = {}
    for year in NATIONAL_YEARS:
        leaves = [code for code in leaf_codes(register, year) if code != STORY.nil]
        traits = {code: traits_of(register.organs[code]) for code in leaves}
        matrix, open_cases = _matrices(register, year, traits, open_cases)
        disputes, open_disputes = _disputes(year, traits, open_disputes)
        before = tables.get(year - 1, {})
        tables[year] = {
            code: _activity(code, year, traits[code], before.get(code)) | matrix[code] | disputes[code]
            for code in leaves
        }
    return [figure for year in NATIONAL_YEARS for figure in _submissions(register, year, tables[year])]


def pins(register: Register) -> dict[tuple[str, int], Pins]:
    """What the leaves themselves published, as far as it touches the table."""
    parks = "XMP00125"
    fixed = {
        (parks, 2023): Pins(
            published_value(parks, 2023, "nar_req_received"),
            published_value(parks, 2023, "nar_req_carried_in"),
            published_value(parks, 2023, "nar_req_carried_out"),
            # The prose gives 14 granted whole or in part, 4 refused, 5 unable, 3 repeats, 6 told to correct, of 33.
            {
                "res_granted": 11,
                "res_partial": 3,
                "res_refused_third_party": 1,
                "res_refused_internal_affairs": 1,
                "res_refused_process_info": 2,
                "res_unable_not_held": 4,
                "res_unable_needs_creation": 1,
                "res_declined_repeat": 3,
                "res_other_not_corrected": 6,
                "res_other_misc": 1,
            },
        ),
        ("XMP00121", 2023): Pins(new=published_value("XMP00121", 2023, "nar_req_received")),
        ("XMP01106", 2024): Pins(new=published_value("XMP01106", 2024, "nar_req_received")),
        ("XM06104", 2023): Pins(published_value("XM06104", 2023, "nar_req_completed"), 0, 0),
        ("XMP00112", 2024): Pins(carried_out=published_value("XMP00112", 2025, "nar_req_carried_in")),
        (SERVICE_CENTRE, 2023): Pins(carried_out=0),
    }
    # 翔安区 carried 2 applications into 2025, 新圩镇 1 of them; that the other one was at 建设与交通局 is made up.
    town = published_value("XM06904", 2025, "req_carried_in")
    district = published_value("XM06100", 2025, "req_carried_in")
    carried = {"XM06904": town, "XM06114": district - town}
    for code in by_district(register, leaf_codes(register, 2024))["XM06100"]:
        fixed[code, 2024] = Pins(carried_out=carried.get(code, 0))
    fixed["XM06504", 2024] = Pins(published_value("XM06504", 2024, "nar_req_received"), carried_out=0)
    return fixed


def _matrices(
    register: Register, year: int, traits: Mapping[str, Traits], carried_in: Mapping[str, Sequence[str]]
) -> tuple[dict[str, dict[Cell, int]], dict[str, list[str]]]:
    """Every leaf's matrix, and the applicants of the applications that it carries into the next year."""
    fixed = {code: pins(register).get((code, year), Pins()) for code in traits}
    new = _new_requests(year, traits, fixed)
    if not carried_in:
        carried_in = _first_carried_in(year, traits, fixed)
    matrices: dict[str, dict[Cell, int]] = {}
    carried_out: dict[str, list[str]] = {}
    for code in traits:
        fresh = draw("applicants", code, year).choices(APPLICANTS, APPLICANT_WEIGHTS, k=new[code])
        old = list(carried_in.get(code, ()))
        applicants = old + fresh
        results = _results(code, year, len(applicants), fixed[code])
        counted = Counter(zip(results, applicants, strict=True))
        counted.update(("req_new", applicant) for applicant in fresh)
        counted.update(("req_carried_in", applicant) for applicant in old)
        matrices[code] = _matrix(counted)
        carried_out[code] = [a for r, a in zip(results, applicants, strict=True) if r == "req_carried_out"]
    return matrices, carried_out


def _new_requests(year: int, traits: Mapping[str, Traits], fixed: Mapping[str, Pins]) -> dict[str, int]:
    given = {code: pin.new for code, pin in fixed.items() if pin.new is not None}
    weights = {
        code: size.requests * wobble("national requests", code, year, spread=0.25)
        for code, size in traits.items()
        if code not in given
    }
    return apportion(REQUESTS[year] - sum(given.values()), weights) | given


def _first_carried_in(year: int, traits: Mapping[str, Traits], fixed: Mapping[str, Pins]) -> dict[str, list[str]]:
    weights = {code: 0.0 if fixed[code].carried_in == 0 else size.requests for code, size in traits.items()}
    counts = scatter(CARRIED_INTO_2023, weights, "carried in", year)
    return {code: draw("old", code).choices(APPLICANTS, APPLICANT_WEIGHTS, k=n) for code, n in counts.items()}


def _results(code: str, year: int, cases: int, pin: Pins) -> list[str]:
    """What became of each application of a leaf; the last are carried on, so that old ones are answered first."""
    lot = draw("results", code, year)
    still_open = sum(lot.random() < CARRIED_ON for _ in range(cases)) if pin.carried_out is None else pin.carried_out
    if pin.results is None:
        decided = lot.choices(RESULT_ROWS, [RESULT_WEIGHTS[row] for row in RESULT_ROWS], k=cases - still_open)
    else:
        deck = [row for row, count in pin.results.items() for _ in range(count)]
        decided = lot.sample(deck, len(deck))
    return decided + ["req_carried_out"] * still_open


def _matrix(counted: Mapping[Cell, int]) -> dict[Cell, int]:
    cells = {(row, who): counted.get((row, who), 0) for row in MATRIX_ROWS for who in APPLICANTS}
    for who in APPLICANTS:
        cells["res_total", who] = sum(cells[row, who] for row in RESULT_ROWS)
    for row in MATRIX_ROWS:
        cells[row, "total"] = sum(cells[row, who] for who in APPLICANTS)
    return cells


def _disputes(
    year: int, traits: Mapping[str, Traits], carried_in: Mapping[str, Counter[str]]
) -> tuple[dict[str, dict[Cell, int]], dict[str, Counter[str]]]:
    """The 15 cells of every leaf and its undecided disputes; last year's undecided ones are counted again."""
    weights = {code: 0.0 if code == SERVICE_CENTRE else size.requests for code, size in traits.items()}
    cells: dict[str, dict[Cell, int]] = {code: {} for code in traits}
    still_open: dict[str, Counter[str]] = {code: Counter() for code in traits}
    for kind in DISPUTES:
        new = scatter(NEW_DISPUTES[year][kind], weights, kind, year)
        for code in traits:
            cases = new[code] + carried_in.get(code, Counter())[kind]
            ends = Counter(draw("ends", kind, code, year).choices(DISPUTE_RESULTS, DISPUTE_WEIGHTS, k=cases))
            still_open[code][kind] = ends["pending"]
            cells[code] |= {(f"{kind}_{result}", ""): ends[result] for result in DISPUTE_RESULTS}
            cells[code][f"{kind}_total", ""] = cases
    return cells, still_open


def _activity(code: str, year: int, size: Traits, before: Cells | None) -> dict[Cell, int | Decimal]:
    """The ten cells of section two. Norms in force roll on from the year before."""
    lot = draw("norms", code, year)
    issued = _norms_issued(code, year, size)
    repealed = lot.randint(0, round(size.norms / 12))
    if before is None:
        in_force = issued if not size.norms else max(issued, round(size.norms * wobble("norms", code)))
        repealed = repealed if size.norms else 0
    else:
        held = int(before["a20_norms_in_force", ""])
        repealed = min(repealed, held)
        in_force = held + issued - repealed
    rules = (*RULES[year], RULES_IN_FORCE[year]) if code == MUNICIPAL_OFFICE else (0, 0, 0)
    decisions = [
        round(amount * wobble(what, code, year, spread=0.15))
        for what, amount in (("licences", size.licences), ("penalties", size.penalties), ("coercions", size.coercions))
    ]
    fees = _fees(code, year, size)
    values: list[int | Decimal] = [*rules, issued, repealed, in_force, *decisions, fees]
    return {(row, ""): value for row, value in zip(ACTIVITY_ROWS, values, strict=True)}


def _norms_issued(code: str, year: int, size: Traits) -> int:
    if code == "XMP05102":  # 海沧区政府办 opened 10 and 7 of them, in its own words
        return published_value(code, year, "nar_norm_docs")
    return draw("issued", code, year).randint(0, max(1, round(size.norms / 7))) if size.norms >= 1 else 0


def _fees(code: str, year: int, size: Traits) -> Decimal:
    """万元, in some organs to the yuan (four decimals), in others rounded to two decimals or one."""
    places = (4, 2, 1)[draw("places", code).randrange(3)]
    return Decimal(f"{size.fees * wobble('fees', code, year):.{places}f}") if size.fees else Decimal(0)


def _submissions(register: Register, year: int, tables: Mapping[str, Cells]) -> list[Figure]:
    members = {code: [code] for code in tables} | by_district(register, tables) | {CITY: list(tables)}
    cells = next(iter(tables.values())).keys()
    return [
        Figure(organ, year, NATIONAL, row, who, "annual", _sum(tables[code][row, who] for code in parts))
        for organ, parts in members.items()
        for row, who in cells
    ]


def _sum(values: Iterable[int | Decimal]) -> int | Decimal:
    return sum(values)
