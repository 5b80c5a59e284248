"""Whose a submission is: the folder decides; what the file says otherwise is said to the department."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pipelines.assignment import (
    Assigned,
    Stated,
    assign,
    duty_index,
    file_id,
    first_of_each,
    same_night,
    submission_id,
    unknown_folder,
)
from schemas.organ_event import OrganEvent
from schemas.register import Register, load_register

REGISTER = load_register()
DUTIES = duty_index(REGISTER)
PLANNING, EDUCATION, INDUSTRY = "XMP00101", "XMP00102", "XMP00103"
FARMING, RURAL = "XMP00115", "XMP00127"
CITY, DISTRICT = "XMP00001", "XM02100"
SHA = "ab" * 32


def entry(folder: str = PLANNING, *, sequence: int = 1, sha256: str = SHA, night: int = 1) -> dict[str, Any]:
    return {"sequence": sequence, "folder": folder, "sha256": sha256, "night": night, "path": f"{folder}/报表.xlsx"}


def stated(
    code: str = "", name: str = "", *, year: int = 2017, form: str = "fj_annex_2017", nil: bool = False
) -> Stated:
    return Stated("reading", 0, code, name, year, form, "", nil, 0 if nil else 30)


def filed(
    folder: str = PLANNING,
    said: Stated | None = None,
    *,
    register: Register = REGISTER,
    sequence: int = 1,
    sha256: str = SHA,
    night: int = 1,
) -> Assigned:
    received = entry(folder, sequence=sequence, sha256=sha256, night=night)
    return assign(received, said or stated(), register, DUTIES)


def remarks(item: Assigned) -> dict[str, tuple[str, str]]:
    """rule -> (message, printed)."""
    found = {remark.rule_id: (remark.message, remark.printed) for remark in item.remarks}
    assert len(found) == len(item.remarks)
    return found


# identities


def test_the_identity_of_a_submission_is_pinned() -> None:
    assert submission_id(SHA, PLANNING, "fj_annex_2017", 2017) == "7ac5c74a89b8"
    assert filed().submission_id == "7ac5c74a89b8"


def test_the_identity_hangs_on_bytes_organ_form_and_year_and_on_nothing_else() -> None:
    base = filed().submission_id
    assert filed(sequence=9, night=4, said=stated(PLANNING, "某单位", nil=True)).submission_id == base
    others = {
        filed(sha256="cd" * 32).submission_id,
        filed(EDUCATION).submission_id,
        filed(said=stated(year=2018)).submission_id,
        filed(said=stated(form="xm_supplement_2017")).submission_id,
    }
    assert len(others | {base}) == 5


def test_a_file_is_named_by_its_number_in_the_journal() -> None:
    assert file_id(entry(sequence=7)) == "F000007"
    assert file_id(entry(sequence=1_234_567)) == "F1234567"


# whose it is


@pytest.mark.parametrize(
    "said",
    [
        stated(),
        stated(PLANNING),
        stated(name="厦门市发展和改革委员会"),
        stated(PLANNING, "市发改委"),
        stated(PLANNING, "某单位"),
    ],
)
def test_a_file_that_agrees_with_its_folder_is_not_remarked_on(said: Stated) -> None:
    item = filed(said=said)
    assert (item.organ_code, item.basis, item.remarks) == (PLANNING, "own", ())


def test_the_folder_decides_against_the_code_in_the_file() -> None:
    where = "XMP00101（厦门市发展和改革委员会）"
    item = filed(said=stated(EDUCATION, "厦门市教育局"))
    assert item.organ_code == PLANNING
    assert remarks(item) == {
        "V21": (f"文件写明的机构是 XMP00102（厦门市教育局），却放在 {where}的文件夹里；请改正机构或换文件夹", EDUCATION)
    }


def test_the_folder_decides_against_the_name_in_the_file() -> None:
    item = filed(said=stated(name="厦门市 教育局"))
    assert item.organ_code == PLANNING
    ((rule, (message, printed)),) = remarks(item).items()
    assert (rule, printed) == ("V21", "厦门市 教育局")
    assert message.startswith("文件写明的机构是 XMP00102（厦门市教育局），却放在 XMP00101")


def test_a_code_outside_the_register_is_another_organ() -> None:
    ((rule, (message, printed)),) = remarks(filed(said=stated("XMP99999"))).items()
    assert (rule, printed) == ("V21", "XMP99999")
    assert "XMP99999（名录外的机构）" in message


def test_a_name_that_nobody_knows_is_said_and_the_folder_decides() -> None:
    item = filed(said=stated(name="厦门市太空局"))
    assert item.organ_code == PLANNING
    assert remarks(item) == {"V20": ("名录中没有“厦门市太空局”，按所在文件夹的机构处理", "厦门市太空局")}


def test_an_old_name_is_the_same_organ_and_is_said() -> None:
    item = filed(INDUSTRY, stated(name="厦门市经济和信息化局", year=2024, form="gb_2021"))
    assert item.organ_code == INDUSTRY
    assert remarks(item) == {
        "V23": (
            "“厦门市经济和信息化局”不是2024年度在用的名称，该年度应为“厦门市工业和信息化局”",
            "厦门市经济和信息化局",
        )
    }


def test_the_name_of_the_year_that_is_reported_on_is_not_old() -> None:
    assert filed(INDUSTRY, stated(name="厦门市经济和信息化局", year=2017)).remarks == ()
    too_new = remarks(filed(INDUSTRY, stated(name="厦门市工业和信息化局", year=2017)))
    assert too_new["V23"][0].endswith("该年度应为“厦门市经济和信息化局”")


def test_another_organs_old_name_is_another_organ_and_no_old_name_of_this_one() -> None:
    item = filed(PLANNING, stated(name="厦门市经济和信息化局", year=2024, form="gb_2021"))
    assert list(remarks(item)) == ["V21"]


MERGER = "厦门市农业局自2019年度起并入厦门市农业农村局（待核）"


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        (stated(name="厦门市农业局", year=2024, form="gb_2021"), "厦门市农业局"),
        (stated(RURAL, "厦门市农业局", year=2024, form="gb_2021"), "厦门市农业局"),
        (stated(FARMING, "厦门市农业局", year=2024, form="gb_2021"), FARMING),
    ],
)
def test_the_name_of_an_organ_that_was_taken_over_is_an_old_name_and_the_event_is_told(
    said: Stated, printed: str
) -> None:
    item = filed(RURAL, said)
    assert item.organ_code == RURAL
    sentence = f"“{printed}”是前身机构：{MERGER}；已按 {RURAL} 的报表处理，该年度应写“厦门市农业农村局”"
    assert remarks(item) == {"V23": (sentence, printed)}


def test_an_organ_that_lives_on_is_no_old_name_of_who_took_a_function() -> None:
    # before the merger the folder's organ did not exist, and the named one filed for itself
    item = filed(RURAL, stated(name="厦门市农业局", year=2018))
    assert list(remarks(item)) == ["V21", "V22"]
    # 司法局 took over 法制局 and nobody else
    assert list(remarks(filed("XMP00107", stated(name="厦门市农业局", year=2024, form="gb_2021")))) == ["V21"]


# duty and basis


def test_a_form_that_the_organ_does_not_owe_is_said() -> None:
    item = filed(said=stated(year=2022, form="gb_2021"))
    assert item.basis == "own"
    assert remarks(item) == {"V22": ("名录中厦门市发展和改革委员会2022年度不应报送表样 gb_2021；请核对年度和表样", "")}


def test_a_new_organ_owes_nothing_for_the_years_before_it() -> None:
    early = remarks(filed("XM00206", stated(year=2023, form="gb_2021")))
    assert early == {
        "V22": ("名录中厦门市数据管理局2023年度不应报送表样 gb_2021：该机构自2024年度起报送；请核对年度", "")
    }
    assert filed("XM00206", stated(year=2024, form="gb_2021")).remarks == ()


def test_an_organ_that_is_no_more_owes_nothing_and_is_told_who_files() -> None:
    late = remarks(filed(FARMING, stated(year=2024, form="gb_2021")))
    told = f"名录中厦门市农业局2024年度不应报送表样 gb_2021：{MERGER}；请由承接的单位报送，或核对年度"
    assert late == {"V22": (told, "")}
    alone = replace(REGISTER, events=())
    told = "名录中厦门市农业局2024年度不应报送表样 gb_2021：该机构2018年度后不再报送；请核对年度"
    assert remarks(filed(FARMING, stated(year=2024, form="gb_2021"), register=alone)) == {"V22": (told, "")}


def test_a_chain_of_mergers_is_followed_both_ways() -> None:
    """农业局 went into 农业农村局 in 2019; that this one went into 发改委 in 2024 is made up."""
    rural = replace(REGISTER.organs[RURAL], valid_to_year=2023)
    again = OrganEvent(RURAL, "merged", "2024", 2024, PLANNING, Decimal(1), "seen", "")
    chain = replace(REGISTER, organs=dict(REGISTER.organs) | {RURAL: rural}, events=(*REGISTER.events, again))
    old = remarks(filed(PLANNING, stated(name="厦门市农业局", year=2024, form="gb_2021"), register=chain))
    assert list(old) == ["V23"]
    assert old["V23"][0].startswith(f"“厦门市农业局”是前身机构：{MERGER}；已按 {PLANNING} 的报表处理")
    late = remarks(filed(FARMING, stated(year=2024, form="gb_2021"), register=chain))
    assert f"：{MERGER}；厦门市农业农村局自2024年度起并入厦门市发展和改革委员会；请由承接的单位报送" in late["V22"][0]
    # in 2023 it had not happened yet
    assert list(remarks(filed(PLANNING, stated(name="厦门市农业局", year=2023, form="gb_2021"), register=chain))) == [
        "V21"
    ]


@pytest.mark.parametrize(("folder", "basis"), [(CITY, "published"), (DISTRICT, "consolidated"), (PLANNING, "own")])
def test_the_basis_comes_from_the_duty_and_without_one_from_the_kind(folder: str, basis: str) -> None:
    assert filed(folder).basis == basis
    without = filed(folder, stated(year=2022, form="gb_2021"))
    assert (without.basis, list(remarks(without))) == (basis, ["V22"])


def test_an_override_of_the_duty_changes_the_basis() -> None:
    key = (DISTRICT, 2017, "fj_annex_2017")
    (duty,) = [item for item in REGISTER.duties() if (item.organ_code, item.report_year, item.form_code) == key]
    changed = replace(duty, basis="own", gates_total=True)
    assert assign(entry(DISTRICT), stated(), REGISTER, DUTIES | {key: changed}).basis == "own"


# twice


def test_a_file_that_brings_a_report_twice_keeps_the_first_and_is_told() -> None:
    received = entry()
    items = [assign(received, said, REGISTER, DUTIES) for said in (stated(nil=True), stated(), stated(year=2018))]
    kept, repeated = first_of_each(items)
    assert kept == [items[0], items[2]]
    ((first, remark),) = repeated
    assert first is items[0]
    assert remark.rule_id == "V07"
    assert remark.message == "同一文件里有两份2017年度 fj_annex_2017，只采用了一份；请删去多余的一份后重报"


def test_the_same_report_in_another_file_is_not_blamed_on_the_first() -> None:
    items = [filed(sequence=1), filed(sequence=2)]
    assert first_of_each(items) == ([items[0]], [])


def test_two_reports_of_one_night_are_both_told_and_counted() -> None:
    items = [
        filed(sequence=1, sha256="01" * 32),
        filed(sequence=2, sha256="02" * 32),
        filed(sequence=3, sha256="03" * 32),
        filed(sequence=4, sha256="04" * 32, night=2),
        filed(EDUCATION, sequence=5),
        filed(sequence=6, said=stated(year=2018)),
        filed(sequence=7, said=stated(form="xm_supplement_2017")),
    ]
    told = list(same_night(items))
    assert [item.entry["sequence"] for item, _ in told] == [1, 2, 3]
    assert {(remark.rule_id, remark.message) for _, remark in told} == {
        (
            "V11",
            "同一夜收到3份2017年度 fj_annex_2017，按收到先后处理，以最后一份可接受的为准；如非本意，请告知以哪一份为准",
        )
    }


# folders of nobody


def test_a_file_outside_every_folder_is_told_where_it_belongs() -> None:
    assert unknown_folder("nobody") == (
        "文件夹“nobody”不是名录中的机构代码，无法判断由谁报送；请放入本机构代码命名的文件夹"
    )
    assert unknown_folder("").startswith("文件直接放在收件箱里，不在任何机构的文件夹中，")
