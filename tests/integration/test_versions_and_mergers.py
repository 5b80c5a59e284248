"""A merger, a prior year corrected afterwards and a report sent twice, night by night, each checked before it is sent.

Two organs and all figures are made up: 发展和改革委员会 is merged into 教育局 for 2024.
"""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.precheck import Answer, check_files
from pipelines.settings import Settings
from pipelines.templates import write_template
from schemas.form import CellKey, load_forms
from schemas.register import REGISTER_FOLDER
from tests.integration.agreement import answered, by_receipt
from tests.integration.night import drop, new_home, rows, run_night

PLANNING, EDUCATION = "XMP00101", "XMP00102"
FORM = load_forms()["gb_2021"]


def report(organ: str, year: int, carried_in: int, carried_out: int, **said: Any) -> bytes:
    """A matrix that closes: what was carried in was granted, what is carried out came this year."""
    rows_of = {"req_carried_in": carried_in, "res_granted": carried_in, "res_total": carried_in}
    rows_of |= {"req_new": carried_out, "req_carried_out": carried_out}
    values = dict.fromkeys(FORM.cells(), Decimal(0))
    for row, figure in rows_of.items():
        for kind in ("natural_person", "total"):
            values[CellKey(row, kind, "annual")] = Decimal(figure)
    return write_template(FORM, organ_code=organ, organ_name="", report_year=year, values=values, **said)


def merged_register(folder: Path) -> Path:
    shutil.copytree(REGISTER_FOLDER, folder)
    organs = (folder / "organs.csv").read_text(encoding="utf-8")
    line = f"{PLANNING},厦门市发展和改革委员会,municipal_department,XMP00001,,,"
    assert line in organs
    (folder / "organs.csv").write_text(organs.replace(line, line[:-1] + "2023,"), encoding="utf-8")
    with (folder / "events.csv").open("a", encoding="utf-8") as file:
        file.write(f"{PLANNING},merged,2024,2024,{EDUCATION},1,made_up,测试用\n")
    return folder


NIGHTS: tuple[tuple[str, str, bytes], ...] = (
    ("2025-01-10T09:00:00", f"{EDUCATION}/2024.xlsx", report(EDUCATION, 2024, 14, 0)),
    ("2025-02-10T09:00:00", f"{PLANNING}/2023更正.xlsx", report(PLANNING, 2023, 0, 9)),
    ("2025-03-10T09:00:00", f"{EDUCATION}/2024再报.xlsx", report(EDUCATION, 2024, 14, 0, note="再报一次")),
    (
        "2025-04-10T09:00:00",
        f"{EDUCATION}/2024更正.xlsx",
        report(EDUCATION, 2024, 14, 3, resubmission_reason="漏计结转3件，\n已更正"),
    ),
)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[Answer]]:
    """The nights, and what the check of each delivery had said before its night."""
    folder = tmp_path_factory.mktemp("story")
    settings = new_home(folder / "home", register=merged_register(folder / "register"))
    for organ, carried_out in ((PLANNING, 10), (EDUCATION, 5)):
        drop(settings, f"{organ}/2023.xlsx", report(organ, 2023, 0, carried_out), "2024-01-10T09:00:00")
    assert run_night(settings).success
    answers = []
    for received, path, data in NIGHTS:
        outside = folder / path
        outside.parent.mkdir(exist_ok=True)
        outside.write_bytes(data)
        (answer,) = check_files(settings, [outside]).answers
        answers.append(answer)
        drop(settings, path, data, received)
        assert run_night(settings).success
        night = by_receipt(settings)[
            rows(settings, "SELECT receipt_no FROM core.fct_submission ORDER BY sequence DESC LIMIT 1")[0][0]
        ]
        assert answered(answer) == night
    return settings, answers


def test_the_check_says_beforehand_what_becomes_of_each_version(story: tuple[Settings, list[Answer]]) -> None:
    _, answers = story
    assert [(a.status, [(f["rule_id"], f["difference"]) for f in a.findings]) for a in answers] == [
        ("held", [("X01", Decimal(-1)), ("X01a", Decimal(-1))]),
        ("accepted_with_warnings", [("V32", None)]),
        ("accepted_with_warnings", [("V31", None)]),
        ("accepted", []),
    ]
    x01 = answers[0].findings[0]
    assert (x01["lhs"], x01["rhs"]) == (14, 15)
    assert x01["message"].endswith("（机构有合并，上年数为厦门市发展和改革委员会、厦门市教育局之和。）")


def test_a_corrected_year_before_is_judged_again_and_the_change_is_logged(story: tuple[Settings, list[Answer]]) -> None:
    settings, answers = story
    told = rows(
        settings,
        'SELECT night, state, "at" IS NOT NULL, why FROM core.finding_history'
        f" WHERE finding_id = '{answers[0].findings[0]['finding_id']}' ORDER BY night",
    )
    assert told == [
        (2, "open", True, "首次发现"),
        (3, "gone", True, "不再发现：有关的数据或说明已改正"),
    ]
    # 14 carried in are 9 and 5 now
    assert rows(
        settings,
        "SELECT DISTINCT outcome, lhs, rhs, note FROM core.fct_rule_outcome AS o JOIN core.fct_submission AS s"
        f" USING (submission_id) WHERE rule_id = 'X01' AND s.organ_code = '{EDUCATION}' AND s.report_year = 2024",
    ) == [("pass", 14, 14, "机构有合并，上年数为厦门市发展和改革委员会、厦门市教育局之和")]


def test_the_chain_tells_who_superseded_whom_and_when(story: tuple[Settings, list[Answer]]) -> None:
    settings, _ = story
    chain = rows(
        settings,
        "SELECT c.organ_code, c.report_year, c.version, c.status, c.differs_in_cells, b.version, r.version, n.version,"
        " c.official_from = c.received_at, c.official_to = n.received_at, c.resubmission_reason"
        " FROM core.submission_chain AS c"
        " LEFT JOIN core.submission_chain AS b ON b.submission_id = c.supersedes"
        " LEFT JOIN core.submission_chain AS r ON r.submission_id = c.repeats"
        " LEFT JOIN core.submission_chain AS n ON n.submission_id = c.superseded_by"
        " ORDER BY c.organ_code, c.report_year, c.version",
    )
    warned = "accepted_with_warnings"
    assert chain == [
        (PLANNING, 2023, 1, "accepted", None, None, None, 2, True, True, ""),
        # two rows of two columns
        (PLANNING, 2023, 2, warned, 4, 1, None, None, True, None, ""),
        (EDUCATION, 2023, 1, "accepted", None, None, None, None, True, None, ""),
        (EDUCATION, 2024, 1, "accepted", None, None, None, 3, True, True, ""),
        (EDUCATION, 2024, 2, warned, 0, None, 1, None, None, None, ""),
        (EDUCATION, 2024, 3, "accepted", 4, 1, None, None, True, None, "漏计结转3件， 已更正"),
    ]
    official = "SELECT submission_id FROM core.submission_chain WHERE official_from IS NOT NULL AND official_to IS NULL"
    assert sorted(rows(settings, official)) == sorted(
        rows(settings, "SELECT submission_id FROM core.fct_submission WHERE is_official")
    )


def test_what_counts_is_the_last_version_that_changed_something(story: tuple[Settings, list[Answer]]) -> None:
    settings, _ = story
    assert rows(
        settings,
        "SELECT report_year, organ_code, value FROM core.official_cell WHERE indicator_code = 'req_carried_out'"
        " AND applicant_kind = 'total' ORDER BY ALL",
    ) == [(2023, PLANNING, 9), (2023, EDUCATION, 5), (2024, EDUCATION, 3)]
    assert rows(settings, "SELECT count(*) FROM core.fct_submission") == [(6,)]
