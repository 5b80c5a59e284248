"""The register: figures of the packaged one, and what a broken one is told."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.register import (
    KINDS,
    REGISTER_FOLDER,
    Register,
    RegisterError,
    load_register,
)

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def register() -> Register:
    return load_register()


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of the packaged register in which one text of one file is replaced ('' appends)."""

    def edit(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "register"
        shutil.copytree(REGISTER_FOLDER, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert not old or text.count(old) >= 1
        (folder / file).write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
        return folder

    return edit


@pytest.mark.parametrize(
    ("year", "leaves", "own_level", "governments"),
    [(2016, 73, 34, 19), (2017, 73, 34, 19), (2018, 73, 34, 19), (2023, 77, 34, 21), (2024, 77, 34, 21)],
)
def test_leaves_of_a_year(register: Register, year: int, leaves: int, own_level: int, governments: int) -> None:
    codes = [organ.organ_code for organ in register.leaves_in(year)]
    assert len(codes) == leaves
    assert sum(register.level_of(code) == "own" for code in codes) == own_level
    assert sum(register.slice_kind_of(code) == "government" for code in codes) == governments


def test_nobody_enters_or_leaves_from_2016_to_2018(register: Register) -> None:
    assert register.leaves_in(2016) == register.leaves_in(2017) == register.leaves_in(2018)


def test_every_kind_is_there_and_every_district_has_two_streets_or_towns_and_three_departments(
    register: Register,
) -> None:
    leaves = register.leaves_in(2017)
    assert {organ.kind for organ in register.organs.values()} == set(KINDS)
    assert Counter(organ.kind for organ in leaves)["municipal_department"] == 25
    for district in (o.organ_code for o in register.organs.values() if o.kind == "district_government"):
        kinds = Counter(o.kind for o in leaves if register.district_of(o.organ_code) == district)
        assert kinds["district_office"] == 1
        assert kinds["district_department"] >= 3
        assert kinds["subdistrict"] + kinds["town"] == 2


def test_years_of_founded_and_abolished_organs(register: Register) -> None:
    assert register.organs["XM00126"].valid_from_year == 2019
    assert register.organs["XM00206"].valid_from_year == 2024
    assert register.organs["XMP00401"].valid_to_year == 2023
    assert not register.organs["XMP00122"].exists_in(2019)
    in_2023 = {organ.organ_code for organ in register.leaves_in(2023)}
    in_2024 = {organ.organ_code for organ in register.leaves_in(2024)}
    assert in_2023 ^ in_2024 == {"XM00206", "XMP00401"}


def test_codes_that_were_seen_and_codes_that_were_made_up(register: Register) -> None:
    assert all(o.organ_code.startswith("XMP") == (o.code_status == "provisional") for o in register.organs.values())
    seen = {o.organ_code for o in register.organs.values() if o.code_status == "seen"}
    assert seen == {
        "XM00126",
        "XM00206",
        "XM02100",
        "XM02102",
        "XM02901",
        "XM03103",
        "XM06100",
        "XM06104",
        "XM06114",
        "XM06504",
        "XM06904",
    }


@pytest.mark.parametrize(
    ("name", "year", "code"),
    [
        ("厦门市人民政府", 2017, "XMP00001"),
        ("厦门市政府办公厅", 2017, "XMP00002"),
        ("市教育局", 2017, "XMP00102"),
        ("厦门市经济和信息化局", 2017, "XMP00103"),
        ("厦门市工业和信息化局", 2024, "XMP00103"),
        ("厦门市经济和信息化局", 2024, "XMP00103"),
        ("厦门市农业局（市委农办）", 2018, "XMP00115"),
        ("厦门市数据管理局（加挂厦门市行政审批管理局）", 2024, "XM00206"),
        ("  湖里区 人民政府\n办公室 ", 2024, "XM02102"),
        ("厦门市同安区西柯镇人民政府", 2017, "XMP07901"),
        ("厦门市海沧区农林水利局", 2016, "XMP05105"),
    ],
)
def test_names_tell_the_organ(register: Register, name: str, year: int, code: str) -> None:
    organ = register.by_name(name, year)
    assert organ is not None
    assert organ.organ_code == code


def test_a_name_that_nobody_bore_tells_nobody(register: Register) -> None:
    assert register.by_name("福州市教育局", 2017) is None
    assert register.by_name("", 2017) is None


def test_a_rename_keeps_one_organ(register: Register) -> None:
    assert register.name_in("XMP00112", 2018) == "厦门市环境保护局"
    assert register.name_in("XMP00112", 2019) == "厦门市生态环境局"
    assert register.is_name_in_use("XMP00112", "厦门市环境保护局", 2018)
    assert not register.is_name_in_use("XMP00112", "厦门市环境保护局", 2019)


def test_every_organ_has_one_official_name_in_every_year_of_its_life(register: Register) -> None:
    for code, organ in register.organs.items():
        for year in filter(organ.exists_in, range(2016, 2025)):
            borne = [
                s.name
                for s in register.spells
                if s.organ_code == code and s.kind in ("official", "former") and s.in_use(year)
            ]
            assert borne == [register.name_in(code, year)]


@pytest.mark.parametrize(
    ("code", "district", "level", "slice_kind"),
    [
        ("XMP00001", None, "own", "government"),
        ("XMP00002", None, "own", "government"),
        ("XMP00105", None, "own", "department"),
        ("XMP00301", None, "own", "department"),
        ("XMP00405", None, "own", "department"),
        ("XMP00501", None, "own", "department"),  # the vertical branch bears the district's name but is the city's
        ("XM02100", "XM02100", "lower", "government"),
        ("XM02102", "XM02100", "lower", "government"),
        ("XM02901", "XM02100", "lower", "government"),
        ("XM06114", "XM06100", "lower", "department"),
        ("XM06904", "XM06100", "lower", "government"),
    ],
)
def test_district_level_and_slice(
    register: Register, code: str, district: str | None, level: str, slice_kind: str
) -> None:
    assert register.district_of(code) == district
    assert register.level_of(code) == level
    assert register.slice_kind_of(code) == slice_kind


def test_duties(register: Register) -> None:
    duties = register.duties()
    assert Counter((d.report_year, d.form_code, d.mode) for d in duties) == {
        (2016, "fj_annex_2017", "backfill"): 80,
        (2017, "fj_annex_2017", "backfill"): 80,
        (2017, "xm_supplement_2017", "backfill"): 80,
        (2018, "fj_annex_2017", "backfill"): 80,
        (2023, "gb_2021", "backfill"): 84,
        (2024, "gb_2021", "live"): 84,
    }
    assert Counter((d.basis, d.gates_total) for d in duties if d.report_year == 2024) == {
        ("own", True): 77,
        ("consolidated", False): 6,
        ("published", False): 1,
    }
    assert {(d.report_year, d.basis, d.due_on) for d in duties if d.report_year in (2018, 2024)} == {
        (2018, "own", date(2019, 3, 31)),
        (2018, "consolidated", date(2019, 3, 31)),
        (2018, "published", date(2019, 3, 31)),
        (2024, "own", date(2025, 1, 31)),
        (2024, "consolidated", date(2025, 3, 31)),
        (2024, "published", date(2025, 3, 31)),
    }


def test_overrides_drop_change_and_add_a_duty(edited: Edit) -> None:
    rows = (
        "XMP00406,2024,gb_2021,drop,,,,并入上级填报\n"
        "XMP00405,2024,gb_2021,change,,2025-02-28,false,延期\n"
        "XM00206,2023,gb_2021,add,,,,提前填报\n"
    )
    duties = {(d.organ_code, d.report_year): d for d in load_register(edited("duty_overrides.csv", "", rows)).duties()}
    assert ("XMP00406", 2024) not in duties
    changed = duties["XMP00405", 2024]
    assert (changed.due_on, changed.gates_total, changed.basis) == (date(2025, 2, 28), False, "own")
    added = duties["XM00206", 2023]
    assert (added.due_on, added.gates_total, added.mode) == (date(2024, 1, 31), True, "backfill")


# parents


UNDER_HULI = "XMP00405,XM02100,,2018,made_up,测试用\n"


def test_an_organ_stands_where_it_stood_in_the_year(edited: Edit) -> None:
    register = load_register(edited("parents.csv", "", UNDER_HULI))
    assert [register.parent_in("XMP00405", year) for year in (2018, 2019, None)] == ["XM02100", "XMP00125", "XMP00125"]
    assert [register.district_of("XMP00405", year) for year in (2018, 2019)] == ["XM02100", None]
    assert [register.level_of("XMP00405", year) for year in (2018, 2019)] == ["lower", "own"]
    assert register.district_of("XMP00405") is None


# events


def test_every_beginning_end_and_change_of_name_has_its_event(register: Register) -> None:
    happened: dict[str, set[tuple[str, int]]] = {}
    for event in register.events:
        happened.setdefault(event.event, set()).add((event.organ_code, event.effective_year))
    organs = register.organs.values()
    assert happened["created"] == {(o.organ_code, o.valid_from_year) for o in organs if o.valid_from_year}
    ended = {(o.organ_code, o.valid_to_year + 1) for o in organs if o.valid_to_year}
    assert ended == happened["merged"] | happened["abolished"] | happened["split"]
    former = {(s.organ_code, s.to_year + 1) for s in register.spells if s.kind == "former" and s.to_year}
    assert happened["renamed"] == former
    assert {kind: len(found) for kind, found in happened.items()} == {
        "created": 11,
        "merged": 5,
        "split": 1,
        "function_moved": 1,
        "abolished": 1,
        "renamed": 14,
    }


@pytest.mark.parametrize(
    ("code", "event", "happened_on", "source"),
    [
        ("XM00206", "created", "2024-02", "seen"),
        ("XMP00401", "function_moved", "2024-02", "seen"),
        ("XMP00401", "abolished", "2024", "inferred"),
        ("XMP05106", "created", "2019-03", "seen"),
        ("XMP00115", "merged", "2019", "inferred"),
        ("XMP00117", "renamed", "2019", "recalled"),
        ("XMP06902", "created", "2022", "seen"),
        ("XMP07901", "renamed", "2019", "inferred"),
        ("XMP07105", "renamed", "2019", "inferred"),
        ("XMP07106", "renamed", "2019", "inferred"),
        ("XMP01103", "renamed", "2019", "inferred"),
        ("XMP01106", "renamed", "2019", "inferred"),
        ("XMP05105", "renamed", "2019", "inferred"),
        ("XMP00103", "renamed", "2019", "inferred"),
    ],
)
def test_a_real_case_says_how_it_is_known(
    register: Register, code: str, event: str, happened_on: str, source: str
) -> None:
    (found,) = [item for item in register.events if (item.organ_code, item.event) == (code, event)]
    assert (found.happened_on, found.source) == (happened_on, source)


def test_who_took_over_and_what_may_be_carried_over(register: Register) -> None:
    def taken(code: str, year: int) -> list[tuple[str, str, Decimal | None, str]]:
        return [(e.organ_code, e.event, e.share, e.carries) for e in register.predecessors(code, year)]

    # a share that nobody stated is not guessed, so nothing of it is carried over
    assert taken("XM00126", 2024) == [("XMP00110", "split", None, "none"), ("XMP00111", "merged", Decimal(1), "all")]
    assert taken("XM00126", 2018) == []
    # an abolished organ leaves its last cumulative figures, and these only
    assert taken("XM00206", 2024) == [
        ("XMP00401", "abolished", Decimal(1), "cumulative"),
        ("XMP00401", "function_moved", None, "none"),
    ]
    assert [e.successor_code for e in register.successors("XMP00110", 2019)] == ["XM00126", "XMP00130"]
    assert register.successors("XMP00110", 2018) == []
    assert register.successors("XMP00117", 2024) == []  # a rename is no succession


@pytest.mark.parametrize(
    ("code", "event", "told"),
    [
        ("XM00206", "created", "厦门市数据管理局自2024年度起设立"),
        ("XMP00115", "merged", "厦门市农业局自2019年度起并入厦门市农业农村局（待核）"),
        ("XMP00401", "function_moved", "厦门市行政服务中心的部分职能自2024年度起划入厦门市数据管理局"),
        ("XMP00401", "abolished", "厦门市行政服务中心自2024年度起撤销，由厦门市数据管理局承接（待核）"),
        (
            "XMP07901",
            "renamed",
            "厦门市同安区西柯镇人民政府自2019年度起更名为厦门市同安区西柯街道办事处（待核）",
        ),
    ],
)
def test_an_event_is_told_with_the_names_of_its_time(register: Register, code: str, event: str, told: str) -> None:
    (found,) = [item for item in register.events if (item.organ_code, item.event) == (code, event)]
    assert register.told(found) == told


def test_a_split_and_a_move_are_told_with_whom_they_went_to(edited: Edit, register: Register) -> None:
    (one, other) = register.successors("XMP00110", 2019)
    assert (
        register.told(one) == "厦门市国土资源与房产管理局自2019年度起拆分，由厦门市自然资源和规划局承接其一部分（待核）"
    )
    assert register.told(other).endswith("由厦门市住房保障和房屋管理局承接其一部分（待核）")
    folder = edited("parents.csv", "", UNDER_HULI)
    with (folder / "events.csv").open("a", encoding="utf-8") as file:
        file.write("XMP00405,moved_under,2018-12-31,2019,,,made_up,测试用\n")
    moved = load_register(folder)
    (event,) = [event for event in moved.events if event.event == "moved_under"]
    assert moved.told(event) == "厦门市环境卫生中心自2019年度起改由厦门市市政园林局管理（待核）"


# partial years and local deadlines


def test_a_part_of_a_year_is_what_the_duty_is_about(edited: Edit) -> None:
    folder = edited("collection.csv", "", "2019,gb_2019,backfill\n2020,gb_2019,backfill\n")
    duties = {(d.organ_code, d.report_year): d for d in load_register(folder).duties()}
    first, second = duties["XMP05106", 2019], duties["XMP05106", 2020]
    assert (first.period_from, first.period_to) == (date(2019, 4, 1), date(2019, 12, 31))
    assert (second.period_from, second.period_to) == (date(2020, 1, 1), date(2020, 12, 31))
    assert duties["XMP05105", 2019].period_from == date(2019, 1, 1)


def test_the_city_may_set_an_earlier_day_and_the_office_another_for_one_organ(edited: Edit) -> None:
    folder = edited("deadlines.csv", "2024,own,2025-01-31,", "2024,own,2025-01-31,2025-01-26")
    with (folder / "duty_overrides.csv").open("a", encoding="utf-8") as file:
        file.write("XMP00405,2024,gb_2021,change,,2025-02-28,,延期\n")
    duties = {d.organ_code: d for d in load_register(folder).duties() if d.report_year == 2024}
    statutory = date(2025, 1, 31)
    assert (duties["XMP00101"].due_on, duties["XMP00101"].statutory_due_on) == (date(2025, 1, 26), statutory)
    assert (duties["XMP00405"].due_on, duties["XMP00405"].statutory_due_on) == (date(2025, 2, 28), statutory)
    assert duties["XMP00001"].due_on == duties["XMP00001"].statutory_due_on == date(2025, 3, 31)


def test_a_gate_below_the_whole_is_a_row_and_a_register_without_one_asks_for_all(edited: Edit) -> None:
    folder = edited("gates.csv", "", "2024,gb_2021,0.95,两家未报，先行汇总\n")
    assert load_register(folder).gates == {(2024, "gb_2021"): Decimal("0.95")}
    assert load_register().gates == {}
    (folder / "gates.csv").unlink()
    assert load_register(folder).gates == {}


UNSTATED = "recalled,国土职能；份额未见，不拆分\n"


def test_a_districts_consolidated_report_is_summed_where_the_register_says_so(edited: Edit) -> None:
    district, other = "XM02100", "XMP03100"
    rows = f"2024,gb_2021,{district},consolidated,区里只收汇总\n2024,gb_2021,{other},members,各单位都报了\n"
    folder = edited("rollup_use.csv", "", rows)
    register = load_register(folder)
    duties = {(d.organ_code, d.report_year): d for d in register.duties()}

    def told(code: str, year: int = 2024) -> tuple[str, str, str, bool]:
        duty = duties[code, year]
        return duty.basis, duty.summed_basis, duty.use_rule, duty.gates_total

    assert told(district) == ("consolidated", "consolidated", "区里只收汇总", True)
    assert told(district, 2023) == ("consolidated", "own", "", False)
    members = [d for d in duties.values() if d.report_year == 2024 and d.summed_basis != "own" and d.basis == "own"]
    assert [d.organ_code for d in members] == [
        "XM02102", "XM02901", "XMP02103", "XMP02104", "XMP02105", "XMP02902",
    ]  # fmt: skip
    assert {(d.use_rule, d.gates_total) for d in members} == {("区里只收汇总", False)}
    assert told(other) == ("consolidated", "own", "各单位都报了", False)
    assert told("XMP00001") == ("published", "own", "", False)
    # a report that is not owed cannot be taken
    with (folder / "duty_overrides.csv").open("a", encoding="utf-8") as file:
        file.write(f"{district},2024,gb_2021,drop,,,,不报\n")
    with pytest.raises(RegisterError, match=f"line 2, column organ_code: {district} owes no consolidated gb_2021 of"):
        load_register(folder)
    (folder / "rollup_use.csv").unlink()
    assert load_register(folder).uses == {}


BROKEN = [
    ("rollup_use.csv", "", "2024,gb_2021,XMP99999,consolidated,x\n", "column organ_code: unknown organ 'XMP99999'"),
    ("rollup_use.csv", "", "2024,gb_2021,XMP00101,members,x\n", "organ_code: XMP00101 is no district government"),
    ("rollup_use.csv", "", "2031,gb_2021,XM02100,members,x\n", "column form_code: gb_2021 of 2031 is not collected"),
    ("rollup_use.csv", "", "24,gb_2021,XM02100,members,x\n", "column report_year: '24' is not a year"),
    ("rollup_use.csv", "", "2024,gb_2021,XM02100,both,x\n", "column used: unknown word 'both'"),
    ("rollup_use.csv", "", "2024,gb_2021,XM02100,members,\n", "column reason: must not be empty"),
    (
        "rollup_use.csv",
        "",
        "2024,gb_2021,XM02100,members,x\n2024,gb_2021,XM02100,consolidated,x\n",
        "line 3, column organ_code: a second rule for XM02100, gb_2021 of 2024",
    ),
    ("gates.csv", "", "2031,gb_2021,0.9,缺\n", "column form_code: gb_2021 of 2031 is not collected"),
    ("gates.csv", "", "2024,gb_2021,95,缺\n", "column min_coverage: '95' is not a share up to 1"),
    ("gates.csv", "", "2024,gb_2021,0.0,缺\n", "column min_coverage: 0 would call a total complete"),
    ("gates.csv", "", "2024,gb_2021,0.9,\n", "column reason: must not be empty"),
    ("gates.csv", "", "2024,gb_2021,1,缺\n2024,gb_2021,1,缺\n", "a second gate of gb_2021 of 2024"),
    ("organs.csv", "XMP00102,厦门市教育局", "XMP00101,厦门市教育局", "line 5, column organ_code: duplicate code"),
    ("organs.csv", "XMP00102,", "xmp..102,", "column organ_code: 'xmp..102' is not 4 to 20 capital letters and digits"),
    ("organs.csv", "厦门市教育局,municipal_department", "厦门市教育局,bureau", "column kind: unknown word 'bureau'"),
    ("organs.csv", "municipal_department,XMP00001", "municipal_department,XMP99999", "unknown organ 'XMP99999'"),
    ("organs.csv", "municipal_department,XMP00001", "municipal_department,", "column parent_code: a municipal_dep"),
    ("organs.csv", "city_government,,", "city_government,XMP00002,", "column parent_code: cycle"),
    ("organs.csv", "XMP00001,,2018,", "XMP00001,,18,", "column valid_to_year: '18' is not a year"),
    ("organs.csv", "XMP00001,,2018,", "XMP00001,2019,2018,", "column valid_to_year: 2018 is before 2019"),
    ("organs.csv", "XMP00102,厦门市教育局", "XMP00102,厦门市教育署", "column name: '厦门市教育署' is not among"),
    ("organs.csv", "organ_code,name", "code,name", "organs.csv, line 1: the columns must be organ_code,name"),
    ("organs.csv", "", "XMP00999,多出一列\n", "organs.csv, line 93: 2 fields instead of 9"),
    ("names.csv", "", "XMP99999,某局,,,official\n", "column organ_code: unknown organ 'XMP99999'"),
    ("names.csv", "", "XMP00101,市教育局,,,alias\n", "'市教育局' already means XMP00102"),
    ("names.csv", "", "XMP00101,,,,alias\n", "column name: must not be empty"),
    ("names.csv", "", "XMP00101,发改,,,nickname\n", "column kind: unknown word 'nickname'"),
    ("collection.csv", "2024,gb_2021,live", "2024,gb_2021,now", "column mode: unknown word 'now'"),
    ("collection.csv", "2024,gb_2021,live", "2031,gb_2021,live", "no 'own' deadline for 2031"),
    ("collection.csv", "2024,gb_2021,live", "2023,gb_2021,live", "gb_2021 of 2023 is collected twice"),
    ("deadlines.csv", "2024,own,2025-01-31", "2024,own,31.1.2025", "column due_on: '31.1.2025' is not a date"),
    ("deadlines.csv", "2024,own,2025-01-31", "2023,own,2025-01-31", "a second deadline for 2023 own"),
    ("deadlines.csv", "2024,own,2025-01-31,", "2024,own,2025-01-31,2025-02-01", "2025-02-01 is after the statutory"),
    (
        "names.csv",
        "",
        "XMP00102, 厦门市教育局,2019,,alias\n",
        "'厦门市教育局' stands here twice in some of these years",
    ),
    ("parents.csv", "", "XMP99999,XMP00001,,2018,seen,\n", "column organ_code: unknown organ 'XMP99999'"),
    ("parents.csv", "", "XMP00405,XMP99999,,2018,seen,\n", "column parent_code: unknown organ 'XMP99999'"),
    ("parents.csv", "", "XMP00405,XM02100,,,seen,\n", "column from_year: a parent of all years stands in organs.csv"),
    ("parents.csv", "", "XMP00405,XM00126,,2018,seen,\n", "column parent_code: XM00126 does not exist in 2018"),
    ("parents.csv", "", "XMP00405,XM02100,,2018,told,\n", "column source: unknown word 'told'"),
    ("parents.csv", "", f"{UNDER_HULI}XMP00405,XMP00113,2018,2019,seen,\n", "line 3, column from_year: XMP00405 has"),
    ("parents.csv", "", "XMP00125,XMP00405,2017,2018,seen,\n", "cycle: 'XMP00125' is above itself in 2017"),
    ("partial_years.csv", "2019-04-01", "2018-04-01", "column period_from: 2018-04-01 to 2019-12-31 is not a part of"),
    ("partial_years.csv", "2019-04-01", "2019-01-01", "2019-01-01 to 2019-12-31 is not a part of 2019"),
    ("partial_years.csv", "", "XMP05106,2019,2019-05-01,2019-12-31,seen,\n", "a second period of XMP05106 in 2019"),
    ("partial_years.csv", "", "XMP05106,2020,2020-05-01,2020-12-31,seen,\n", "does not begin XMP05106 in 2020"),
    (
        "partial_years.csv",
        "",
        "XMP05106,2020,2020-01-01,2020-05-31,seen,\n",
        "column period_to: organs.csv does not end",
    ),
    ("events.csv", "XM00206,created", "XM00207,created", "column organ_code: unknown organ 'XM00207'"),
    ("events.csv", "XM00206,created", "XM00206,founded", "column event: unknown word 'founded'"),
    ("events.csv", "created,2024-02,2024", "created,2024-13,2024", "column happened_on: '2024-13' is not a date like"),
    ("events.csv", "created,2024-02,2024", "created,2024-02-30,2024", "column happened_on: '2024-02-30' is not a date"),
    ("events.csv", "created,2024-02,2024", "created,2022-02,2024", "column effective_year: what happened in 2022-02"),
    ("events.csv", "created,2024-02,2024", "created,2024-02,2025", "organs.csv begins XM00206 in 2024, not 2025"),
    ("events.csv", "created,2024-02,2024,,", "created,2024-02,2024,XMP00101,", "created has no successor"),
    ("events.csv", "", "XM00206,created,2024,2024,,,seen,\n", "line 36, column event: created of XM00206 stands"),
    (
        "events.csv",
        "XMP00115,merged,2019,2019",
        "XMP00115,merged,2019,2020",
        "organs.csv ends XMP00115 in 2018, not 2019",
    ),
    ("events.csv", "XMP00115,merged", "XMP00114,merged", "organs.csv ends XMP00114 in None, not 2018"),
    ("events.csv", "2019,XMP00127,1", "2019,,1", "column successor_code: merged needs a successor"),
    ("events.csv", "2019,XMP00127,1", "2019,XMP00115,1", "column successor_code: XMP00115 cannot succeed itself"),
    ("events.csv", "2019,XMP00127,1", "2019,XM00206,1", "column successor_code: XM00206 does not exist in 2019"),
    ("events.csv", "2019,XMP00127,1", "2019,XMP00127,0.5", "the successor takes over the whole, so the share is 1"),
    ("events.csv", "2019,XMP00127,1", "2019,XMP00127,", "the successor takes over the whole, so the share is 1"),
    ("events.csv", "2024,XM00206,1", "2024,,1", "column share: a share needs a successor"),
    ("events.csv", "2019,XM00126,,", "2019,XM00126,1.2,", "column share: '1.2' is not a share above 0 and up to 1"),
    ("events.csv", "2019,XM00126,,", "2019,XM00126,NaN,", "column share: 'NaN' is not a share above 0 and up to 1"),
    ("events.csv", "2019,XM00126,,", "2019,XM00126,一半,", "column share: '一半' is not a share above 0 and up to 1"),
    ("events.csv", "2019,XM00126,,", "2019,XM00126,0.33333,", "column share: '0.33333' is not a share above 0"),
    ("events.csv", "2019,XM00126,,", "2019,XM00126,0.0,", "column share: 0 is no share"),
    (
        "events.csv",
        "",
        "XMP00110,split,2019,2019,XMP00113,0.7,seen,\nXMP00110,split,2019,2019,XMP00114,0.4,seen,\n",
        "line 37, column share: the shares of XMP00110 in 2019 add up to more than 1",
    ),
    (
        "events.csv",
        f"XMP00110,split,2019,2019,XM00126,,{UNSTATED}XMP00110,split,2019,2019,XMP00130,,",
        f"XMP00110,split,2019,2019,XM00126,0.6,{UNSTATED}XMP00110,split,2019,2019,XMP00130,0.3,",
        "line 14, column share: XMP00110 ends in 2018, and its shares add up to 0.9, not 1",
    ),
    ("events.csv", "", "XMP00115,abolished,2019,2019,,,seen,\n", "line 36, column event: XMP00115 ends twice"),
    (
        "events.csv",
        "",
        "XM00126,split,2019,2019,XMP00113,,seen,\n",
        "column organ_code: XM00126 does not exist in 2018",
    ),
    (
        "events.csv",
        "",
        "XMP00101,renamed,2019,2019,,,seen,\n",
        "names.csv does not give XMP00101 another official name",
    ),
    ("events.csv", "XMP00117,renamed,2019,2019", "XMP00117,renamed,2020,2020", "names.csv does not give XMP00117"),
    ("events.csv", "", "XMP00101,moved_under,2019,2019,,,seen,\n", "parents.csv does not give XMP00101 another parent"),
    (
        "events.csv",
        "",
        "XMP00101,function_moved,2019,2019,XMP00102,,seen,\nXMP00102,function_moved,2019,2019,XMP00101,,seen,\n",
        "line 37, column successor_code: cycle in 2019: ",
    ),
    ("duty_overrides.csv", "", "XMP00101,2019,gb_2019,drop,,,,x\n", "gb_2019 of 2019 is not collected"),
    ("duty_overrides.csv", "", "XMP00101,2024,gb_2021,add,,,,x\n", "cannot add: the duty is already there"),
    ("duty_overrides.csv", "", "XM00206,2023,gb_2021,drop,,,,x\n", "cannot drop: the duty is not there"),
    ("duty_overrides.csv", "", "XMP00101,2024,gb_2021,drop,,,,\n", "column reason: must not be empty"),
    ("duty_overrides.csv", "", "XMP00101,2024,gb_2021,change,,,no,x\n", "column gates_total: unknown word 'no'"),
]


@pytest.mark.parametrize(("file", "old", "new", "told"), BROKEN)
def test_a_broken_register_is_told_where(edited: Edit, file: str, old: str, new: str, told: str) -> None:
    with pytest.raises(RegisterError) as error:
        load_register(edited(file, old, new))
    assert told in str(error.value)
    assert str(error.value).startswith(file)


def test_a_missing_or_unreadable_file_is_told(edited: Edit) -> None:
    folder = edited("names.csv", "", "")
    (folder / "names.csv").write_bytes("机构".encode("gb18030"))
    with pytest.raises(RegisterError, match=r"names\.csv: cannot be read"):
        load_register(folder)
    (folder / "names.csv").unlink()
    with pytest.raises(RegisterError, match=r"names\.csv: cannot be read"):
        load_register(folder)


def test_the_crosswalk_is_packaged() -> None:
    lines = (REGISTER_FOLDER / "concepts.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "concept_code,from_form,from_expr,to_form,to_expr,comparability,note"
    assert len(lines) == 40
