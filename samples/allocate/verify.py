"""Every constraint that the sample figures keep, checked on the figures alone.

Belongs here: sums against the published figures, the printed rules per submission and across years, the story. Does not
belong here: how the figures were made; nothing of the allocation is used but the words of ``model``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from samples.allocate.model import (
    ACTIVITY_ROWS,
    ANNEX,
    ANNEX_ROWS,
    ANNEX_YEARS,
    APPLICANTS,
    CHANNELS,
    CITY,
    DISPUTE_RESULTS,
    DISPUTES,
    MATRIX_ROWS,
    MUNICIPAL_OFFICE,
    NATIONAL,
    NATIONAL_YEARS,
    REPLIES,
    RESULT_ROWS,
    SUPPLEMENT,
    Figure,
    Value,
    by_district,
    leaf_codes,
    published,
    published_value,
)
from samples.allocate.story import STORY, wrong_version
from schemas.register import Register, load_register

Key = tuple[str, str, str]  # indicator, applicant kind, measure
Table = Mapping[Key, int | Decimal]
Tables = Mapping[tuple[str, int, str], Table]  # organ, year, form
Look = Callable[[str, str], int | Decimal]  # indicator, measure -> value

JUMP: Final = 10  # X02: a change of more than ten times, where a figure reaches a hundred
LARGE: Final = 100
FEW_CELLS: Final = 3  # X03, X04 look at tables with at least three figures that are not zero


def verify(figures: Iterable[Figure]) -> None:
    """Raise AssertionError, in words, at the first constraint that the figures break."""
    figures = list(figures)
    register = load_register()
    tables = _tables(figures)
    _check_completeness(register, tables)
    _check_sums(register, tables)
    _check_annex_totals(register, tables)
    _check_city_of_2017(figures, tables)
    _check_annex_rules(register, tables)
    _check_supplement(register, tables)
    _check_national(register, tables)
    _check_likeness(tables, register)
    _check_story(figures)


def _require(condition: bool, told: object) -> None:
    if not condition:
        raise AssertionError(told)


def _tables(figures: Iterable[Figure]) -> dict[tuple[str, int, str], dict[Key, int | Decimal]]:
    tables: dict[tuple[str, int, str], dict[Key, int | Decimal]] = {}
    for f in figures:
        table = tables.setdefault((f.organ_code, f.report_year, f.form_code), {})
        key = (f.indicator_code, f.applicant_kind, f.measure)
        _require(key not in table, f"{f} comes twice")
        _require(_is_fit(f), f"{f} is not a figure of its kind")
        # The city's blanks of the supplement are the only ones; as 0 they take part in no sum below.
        table[key] = 0 if f.value is None else f.value
    return tables


def _is_fit(figure: Figure) -> bool:
    value: Value = figure.value
    if value is None:
        return (figure.organ_code, figure.form_code) == (CITY, SUPPLEMENT)
    if figure.indicator_code in {"a20_fees_amount", "nar_open_rate"}:
        return value >= 0 and round(Decimal(value), 4) == value
    return isinstance(value, int) and value >= 0


def _expected_cells(form: str) -> set[Key]:
    if form == ANNEX:
        return {(row, "", measure) for row in ANNEX_ROWS for measure in ("annual", "cumulative")}
    matrix = {(row, who, "annual") for row in MATRIX_ROWS for who in (*APPLICANTS, "total")}
    disputes = {(f"{kind}_{end}", "", "annual") for kind in DISPUTES for end in (*DISPUTE_RESULTS, "total")}
    return {(row, "", "annual") for row in ACTIVITY_ROWS} | matrix | disputes


def _check_completeness(register: Register, tables: Tables) -> None:
    duties = {(duty.organ_code, duty.report_year, duty.form_code) for duty in register.duties()}
    nil = {(STORY.nil, year, NATIONAL) for year in STORY.nil_years}
    _require(set(tables) == duties - nil, f"other submissions than duties: {sorted(set(tables) ^ (duties - nil))}")
    supplement = set(tables[CITY, 2017, SUPPLEMENT])
    for (organ, year, form), table in tables.items():
        cells = {key for key in table if not key[0].startswith("nar_")}
        wanted = supplement if form == SUPPLEMENT else _expected_cells(form)
        _require(cells == wanted, f"{organ} {year} {form}: other cells than the form has")


def _check_sums(register: Register, tables: Tables) -> None:
    """Districts, and the city where nothing printed stands against it, are exact sums of their leaves."""
    for (organ, year, form), table in tables.items():
        leaves = [code for code in leaf_codes(register, year) if (code, year, form) in tables]
        if register.organs[organ].kind == "district_government":
            members = by_district(register, leaves)[organ]
        elif organ == CITY and (year, form) != (2017, SUPPLEMENT):
            members = leaves
        else:
            continue
        for key in (key for key in table if not key[0].startswith("nar_")):
            summed = sum(tables[code, year, form][key] for code in members)
            _require(table[key] == summed, f"{organ} {year} {form} {key}: {table[key]}, but its leaves {summed}")


def _check_annex_totals(register: Register, tables: Tables) -> None:
    """The headline totals, by level and by organ kind, annual and at the end of every year."""
    leaves = leaf_codes(register, 2017)
    own = [code for code in leaves if register.level_of(code) == "own"]
    lower = [code for code in leaves if register.level_of(code) == "lower"]
    governments = [code for code in leaves if register.slice_kind_of(code) == "government"]
    departments = [code for code in leaves if register.slice_kind_of(code) == "department"]
    expected = [
        (2016, "fj_open_total", "annual", leaves, 39129),
        (2016, "fj_open_total", "cumulative", leaves, 497494),
        (2016, "fj_open_total", "cumulative", own, 382720),
        (2016, "fj_open_total", "cumulative", lower, 114774),
        (2016, "fj_req_total", "annual", leaves, 1465),
        (2016, "fj_req_total", "cumulative", leaves, 5133),
        (2016, "fj_req_total", "cumulative", governments, 994),
        (2016, "fj_req_total", "cumulative", departments, 4139),
        (2017, "fj_open_total", "annual", own, 31776),
        (2017, "fj_open_total", "annual", lower, 11162),
        (2017, "fj_open_total", "cumulative", own, 414496),
        (2017, "fj_open_total", "cumulative", lower, 125936),
        (2017, "fj_req_total", "annual", governments, 265),
        (2017, "fj_req_total", "annual", departments, 1105),
        (2017, "fj_req_total", "cumulative", governments, 1259),
        (2017, "fj_req_total", "cumulative", departments, 5244),
        (2018, "fj_open_total", "annual", leaves, 39142),
        (2018, "fj_open_total", "cumulative", leaves, 579574),
        (2018, "fj_req_total", "annual", leaves, 1235),
        (2018, "fj_req_total", "cumulative", leaves, 7738),
    ]
    for year, row, measure, codes, wanted in expected:
        summed = sum(tables[code, year, ANNEX][row, "", measure] for code in codes)
        _require(summed == wanted, f"{year} {row} {measure}: {summed} instead of {wanted}")


def _check_city_of_2017(figures: list[Figure], tables: Tables) -> None:
    printed = [row for row in published() if (row.organ_code, row.report_year) == (CITY, 2017)]
    for row in printed:
        value = tables[CITY, 2017, row.form_code][row.indicator_code, "", row.measure]
        _require(str(value) == row.value, f"the city's {row.indicator_code} is {value}, printed is {row.value}")
    blank = {f.indicator_code for f in figures if f.value is None}
    _require(blank == {"sup_made_total", "sup_gazette_copies"}, f"other blanks: {blank}")
    filed = {key[0] for form in (ANNEX, SUPPLEMENT) for key in tables[CITY, 2017, form]}
    extra = filed - {row.indicator_code for row in printed} - blank
    _require(not extra, f"figures that the city never printed: {extra}")


def _check_annex_rules(register: Register, tables: Tables) -> None:
    lost: dict[int, dict[str, int | Decimal]] = {year: {} for year in ANNEX_YEARS}
    twice: dict[int, dict[str, int | Decimal]] = {year: {} for year in ANNEX_YEARS}
    for code in leaf_codes(register, 2017):
        backlog: int | Decimal | None = None
        for year in ANNEX_YEARS:
            table = tables[code, year, ANNEX]
            before = tables.get((code, year - 1, ANNEX))
            _check_annex_submission(f"{code} {year}", table, before)
            f = _look(table)
            growth = f("fj_reply_total", "annual") - f("fj_req_total", "annual")
            _require(backlog is None or growth <= backlog, f"F09 {code} {year}")
            backlog = f("fj_req_total", "cumulative") - f("fj_reply_total", "cumulative")
            channel_gap = f("fj_req_total", "cumulative") - sum(f(row, "cumulative") for row in CHANNELS)
            reply_gap = sum(f(row, "cumulative") for row in REPLIES) - f("fj_reply_total", "cumulative")
            lost[year] |= {code: channel_gap} if channel_gap else {}
            twice[year] |= {code: reply_gap} if reply_gap else {}
    _require(lost[2016] == lost[2017] == lost[2018], "the channels' gap moves between years or organs")
    _require(twice[2016] == twice[2017] == twice[2018], "the replies' gap moves between years or organs")
    _require(sum(lost[2017].values()) == 92 and len(lost[2017]) <= 3, f"F02: {lost[2017]}")
    _require(list(twice[2017].values()) == [1], f"F04: {twice[2017]}")


def _check_annex_submission(who: str, table: Table, before: Table | None) -> None:
    f = _look(table)
    _require(f("fj_req_total", "annual") == sum(f(row, "annual") for row in CHANNELS), f"F01 {who}")
    _require(f("fj_reply_total", "annual") == sum(f(row, "annual") for row in REPLIES), f"F03 {who}")
    for measure in ("annual", "cumulative"):
        for part in ("fj_open_website", "fj_open_gazette"):
            _require(f(part, measure) <= f("fj_open_total", measure), f"F05 {who} {part}")
    for row in ANNEX_ROWS:
        _require(f(row, "cumulative") >= f(row, "annual"), f"F06 {who} {row}")
        if before is not None:
            carried = before[row, "", "cumulative"]
            _require(f(row, "cumulative") == carried + f(row, "annual"), f"F07 {who} {row}")
    _require(f("fj_reply_total", "cumulative") <= f("fj_req_total", "cumulative"), f"F10 {who}")


def _look(table: Table) -> Look:
    return lambda row, measure: table[row, "", measure]


def _check_supplement(register: Register, tables: Tables) -> None:
    leaves = leaf_codes(register, 2017)
    made_up = {"sup_made_total": 79338, "sup_gazette_copies": 360000}
    for row, _, measure in tables[CITY, 2017, SUPPLEMENT]:
        wanted = made_up[row] if row in made_up else published_value(CITY, 2017, row)
        summed = sum(tables[code, 2017, SUPPLEMENT][row, "", measure] for code in leaves)
        _require(summed == wanted, f"{row}: {summed} instead of {wanted}")
    for code in [*leaves, *by_district(register, leaves)]:
        sup = _look(tables[code, 2017, SUPPLEMENT])
        annex = _look(tables[code, 2017, ANNEX])
        old = tables[code, 2016, ANNEX]
        parts = [key[0] for key in tables[code, 2017, SUPPLEMENT] if key[0].startswith(("sup_cat_", "sup_ch_"))]
        whole = sup("sup_open_total", "annual")
        _require(all(sup(part, "annual") <= whole for part in parts), f"S01 {code}")
        _require(sup("sup_made_total", "annual") >= whole, f"{code} opened more than it made")
        _require(whole == annex("fj_open_total", "annual"), f"S02 {code}")
        _require(sup("sup_ch_portal", "annual") == annex("fj_open_website", "annual"), f"S02 {code}")
        by_post = sup("sup_req_fax", "annual") + sup("sup_req_mail", "annual")
        _require(by_post == annex("fj_req_mail_fax", "annual"), f"S03 {code}")
        accepted = sup("sup_req_accepted", "annual")
        open_before = old["fj_req_total", "", "cumulative"] - old["fj_reply_total", "", "cumulative"]
        _require(accepted <= annex("fj_req_total", "annual"), f"S04 {code}")
        _require(annex("fj_reply_total", "annual") <= accepted + open_before, f"S04 {code}")
        _require(sup("sup_reply_not_info", "annual") <= annex("fj_reply_other", "annual"), f"{code} not information")


def _check_national(register: Register, tables: Tables) -> None:
    for (organ, year, form), table in tables.items():
        if form == NATIONAL:
            _check_matrix(f"{organ} {year}", table)
            for kind in DISPUTES:
                ends = sum(table[f"{kind}_{end}", "", "annual"] for end in DISPUTE_RESULTS)
                _require(table[f"{kind}_total", "", "annual"] == ends, f"T01/T02 {organ} {year} {kind}")
            _require(
                organ in {CITY, MUNICIPAL_OFFICE}
                or not any(table[row, "", "annual"] for row in ACTIVITY_ROWS if row.startswith("a20_rules")),
                f"A02 {organ} {year}",
            )
            before = tables.get((organ, year - 1, NATIONAL))
            if before is not None:
                _check_national_years(f"{organ} {year}", before, table)
    for row in published():
        if row.form_code == NATIONAL and row.organ_code != "XMP05102":
            _check_prose(tables, row.organ_code, row.report_year, row.indicator_code, int(row.value))
    first, last = NATIONAL_YEARS
    left_open = [
        code
        for code in set(leaf_codes(register, first)) - set(leaf_codes(register, last))
        if tables[code, first, NATIONAL]["req_carried_out", "total", "annual"]
    ]
    _require(not left_open, f"organs that end with applications still open: {left_open}")


def _check_matrix(who: str, table: Table) -> None:
    for applicant in (*APPLICANTS, "total"):
        m = {row: table[row, applicant, "annual"] for row in MATRIX_ROWS}
        answered = m["res_total"] + m["req_carried_out"]
        _require(m["req_new"] + m["req_carried_in"] == answered, f"M01 {who} {applicant}")
        _require(m["res_total"] == sum(m[row] for row in RESULT_ROWS), f"M02 {who} {applicant}")
    for row in MATRIX_ROWS:
        parts = sum(table[row, applicant, "annual"] for applicant in APPLICANTS)
        _require(table[row, "total", "annual"] == parts, f"M03 {who} {row}")


def _check_national_years(who: str, before: Table, table: Table) -> None:
    for applicant in (*APPLICANTS, "total"):
        carried = before["req_carried_out", applicant, "annual"]
        _require(table["req_carried_in", applicant, "annual"] == carried, f"X01 {who} {applicant}")
    for what in ("rules", "norms"):
        rolled = before[f"a20_{what}_in_force", "", "annual"] + table[f"a20_{what}_issued", "", "annual"]
        rolled -= table[f"a20_{what}_repealed", "", "annual"]
        _require(table[f"a20_{what}_in_force", "", "annual"] == rolled, f"A01 {who} {what}")
    for kind in DISPUTES:
        pending = before[f"{kind}_pending", "", "annual"]
        _require(table[f"{kind}_total", "", "annual"] >= pending, f"T03 {who} {kind}")


def _check_prose(tables: Tables, organ: str, year: int, said: str, value: int) -> None:
    """What an organ said in prose agrees with its table; what it carried into 2025 with the table of 2024."""
    groups = {
        "nar_req_received": ("req_new",),
        "nar_req_carried_in": ("req_carried_in",),
        "nar_req_completed": ("res_total",),
        "nar_req_carried_out": ("req_carried_out",),
        "nar_res_granted_incl_partial": ("res_granted", "res_partial"),
        "nar_res_refused": tuple(row for row in RESULT_ROWS if row.startswith("res_refused")),
        "nar_res_unable": tuple(row for row in RESULT_ROWS if row.startswith("res_unable")),
        "nar_res_declined_repeat": ("res_declined_repeat",),
        "nar_res_told_to_correct": ("res_other_not_corrected",),
    }
    rows = groups.get(said, (said,))
    if year > NATIONAL_YEARS[-1]:
        year, rows = year - 1, ("req_carried_out",)
    table = tables[organ, year, NATIONAL]
    _require(sum(table[row, "total", "annual"] for row in rows) == value, f"{organ} {year} said {said} = {value}")


def _check_likeness(tables: Tables, register: Register) -> None:
    """X02, X03 and X04 find nothing in what was filed as own figures."""
    own = {code for year in (*ANNEX_YEARS, *NATIONAL_YEARS) for code in leaf_codes(register, year)}
    seen: dict[tuple[int, str, tuple[int | Decimal, ...]], str] = {}
    for (organ, year, form), table in sorted(tables.items()):
        values = tuple(table[key] for key in sorted(table))
        before = tables.get((organ, year - 1, form))
        if organ in own and sum(value != 0 for value in values) >= FEW_CELLS:
            twin = seen.setdefault((year, form, values), organ)
            _require(twin == organ, f"X04 {organ} and {twin} {year} {form}")
            same = before is not None and all(before[key] == table[key] for key in table)
            _require(not same, f"X03 {organ} {year} {form}")
        if before is not None and organ != CITY:
            for key, new in table.items():
                old = before[key]
                moved = abs(Decimal(new) - Decimal(old))
                jumps = moved > JUMP * max(Decimal(1), Decimal(old)) and (new >= LARGE or old >= LARGE)
                _require(not jumps, f"X02 {organ} {year} {key}: {old} to {new}")


def _check_story(figures: list[Figure]) -> None:
    organs = [STORY.missing, STORY.held.organ_code, STORY.resubmitted.organ_code, STORY.late, STORY.nil]
    organs += [STORY.gb18030_csv, STORY.typed_by_hand]
    _require(len(set(organs)) == len(organs), "one organ plays two parts in the story")
    for change in (STORY.held, STORY.resubmitted):
        _require(change.wrong != change.right, f"{change} changes nothing")
        before = [f for f in figures if (f.organ_code, f.report_year) == (change.organ_code, STORY.report_year)]
        changed = [pair for pair in zip(wrong_version(figures, change), before, strict=True) if pair[0] != pair[1]]
        _require(len(changed) == 1, f"{change} changes {len(changed)} cells")
    wrong = _tables(wrong_version(figures, STORY.held))
    for table in wrong.values():
        column = {row: table[row, STORY.held.applicant_kind, "annual"] for row in MATRIX_ROWS}
        balance = column["req_new"] + column["req_carried_in"] - column["res_total"] - column["req_carried_out"]
        _require(balance != 0, "the held submission does not break M01")
