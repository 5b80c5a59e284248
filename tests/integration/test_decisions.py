"""Decisions through nights: held, accepted, filed again with the same and with other values; a rerun wipes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import dagster as dg
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.intake import archived_path
from pipelines.journal import Journal
from pipelines.settings import Settings
from tests.integration.night import annex, drop, new_home, rows, run_night

ORGAN, OTHER = "XMP00101", "XMP00102"
HEADER = "receipt_no,finding_id,decision,reason,signed_by,signed_on\n"
FINDINGS = """
SELECT s.file_name, f.state FROM core.fct_finding AS f JOIN core.fct_submission AS s USING (submission_id)
WHERE f.rule_id = 'F01' ORDER BY s.sequence"""
OFFICIAL = "SELECT file_name, status FROM core.fct_submission WHERE is_official"
HELD = "SELECT file_name FROM core.fct_submission WHERE status = 'held'"
EFFECTS = "SELECT source, decision, effect FROM core.fct_decision ORDER BY decision_id"
HISTORY = 'SELECT finding_id, night, state, "at", why FROM core.finding_history ORDER BY ALL'
DECISIONS = "SELECT * EXCLUDE (effect, note) FROM core.fct_decision ORDER BY decision_id"


def office(settings: Settings, name: str, *lines: str) -> None:
    """A file of the office's decisions."""
    settings.decisions.mkdir(exist_ok=True)
    (settings.decisions / name).write_text(HEADER + "\n".join(lines), encoding="utf-8")


def error(settings: Settings, file_name: str) -> tuple[str, str]:
    """(receipt, finding) of the F01 of a file, as its receipt in the outbox has them."""
    for path in (settings.outbox / ORGAN).glob("*.json"):
        receipt = json.loads(path.read_text(encoding="utf-8"))
        for finding in receipt["findings"]:
            if (receipt["file"], finding["rule_id"]) == (file_name, "F01"):
                return path.stem, finding["finding_id"]
    raise AssertionError(f"no receipt names an F01 of {file_name}")


def check(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    (evaluation,) = [e for e in result.get_asset_check_evaluations() if e.check_name == name]
    return evaluation


def test_from_held_through_accepted_to_lapsed_and_back(tmp_path: Path) -> None:
    settings = new_home(tmp_path / "home")
    five = {"fj_req_total": 5}
    drop(settings, f"{ORGAN}/a.xlsx", annex(ORGAN, 2017, five))
    run_night(settings)
    assert rows(settings, HELD) == [("a.xlsx",)]
    receipt, finding = error(settings, "a.xlsx")

    # the department tries, the night after the office decides
    line = f"{receipt},{finding},accept_as_printed,原表如此,"
    drop(settings, f"{ORGAN}/decisions.csv", f"{HEADER}{line}李四,2018-02-01\n".encode("gb18030"))
    result = run_night(settings)
    assert rows(settings, HELD) == [("a.xlsx",)]
    assert rows(settings, "SELECT file_id, severity, state, message FROM core.fct_finding WHERE rule_id = 'V30'") == [
        (
            "F000002",
            "warning",
            "open",
            "decisions.csv 第2行：“按原样接受”只能由办公室作出，此行不起作用；请改为 explain 并写明理由",
        )
    ]
    ((presumed,),) = rows(settings, "SELECT finding_id FROM core.fct_finding WHERE rule_id = 'V30'")
    assert rows(settings, EFFECTS) == [("organ", "accept_as_printed", "no_effect")]
    assert not check(result, "decisions_apply").passed
    assert rows(settings, "SELECT inbox_path, outcome, submissions FROM core.fct_file ORDER BY sequence") == [
        (f"{ORGAN}/a.xlsx", "read", 1),
        (f"{ORGAN}/decisions.csv", "decisions", 0),
    ]
    assert rows(settings, "SELECT files_received, files_accounted FROM meta.build") == [(2, 2)]
    told = [json.loads(path.read_text(encoding="utf-8")) for path in (settings.outbox / ORGAN).glob("*.json")]
    assert sorted((answer["file"], answer["status"]) for answer in told) == [
        ("a.xlsx", "held"),
        ("decisions.csv", "noted"),
    ]

    drop(settings, f"{ORGAN}/decisions.csv", f"{HEADER}{receipt},{finding},explain,渠道未分,李四,2018-02-01".encode())
    office(settings, "一月.csv", f"{line}张三,2018-02-02")
    result = run_night(settings)
    assert rows(settings, OFFICIAL) == [("a.xlsx", "accepted_with_warnings")]
    assert rows(settings, "SELECT rule_id FROM core.fct_finding WHERE file_id > '' AND state = 'open'") == [("F02",)]
    assert rows(settings, "SELECT state, decision_note FROM core.fct_finding WHERE rule_id = 'F01'") == [
        ("waived", "张三（2018-02-02）按原样接受：原表如此；李四（2018-02-01）说明：渠道未分")
    ]
    assert check(result, "decisions_apply").passed
    assert check(result, "no_error_findings").passed

    # the same figures in other bytes, then other figures
    drop(settings, f"{ORGAN}/b.xlsx", annex(ORGAN, 2017, five, name="同样的数"))
    run_night(settings)
    # the later one changes nothing (V31)
    assert rows(settings, OFFICIAL) == [("a.xlsx", "accepted_with_warnings")]
    assert rows(settings, FINDINGS) == [("a.xlsx", "waived"), ("b.xlsx", "waived")]
    drop(settings, f"{ORGAN}/c.xlsx", annex(ORGAN, 2017, {"fj_req_total": 6}))
    result = run_night(settings)
    assert (rows(settings, HELD), rows(settings, OFFICIAL)) == (
        [("c.xlsx",)],
        [("a.xlsx", "accepted_with_warnings")],
    )
    assert rows(settings, FINDINGS) == [("a.xlsx", "waived"), ("b.xlsx", "waived"), ("c.xlsx", "lapsed")]
    assert rows(settings, EFFECTS)[1:] == [
        ("organ", "explain", "in_force"),
        ("office", "accept_as_printed", "in_force"),
    ]
    assert not check(result, "no_error_findings").passed

    # nothing but the archive is left
    before = {query: rows(settings, query) for query in (FINDINGS, OFFICIAL, EFFECTS, HISTORY, DECISIONS)}
    for lost in (settings.work, settings.decisions, settings.inbox / ORGAN / "decisions.csv", settings.outbox):
        shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    (settings.published / "current").unlink()
    run_night(settings)
    assert {query: rows(settings, query) for query in before} == before
    assert len(Journal(settings.archive).of("decision_received")) == 3

    # corrected: the acceptance is of nothing any more, and the history tells the whole way
    drop(settings, f"{ORGAN}/d.xlsx", annex(ORGAN, 2017, reason="渠道已分清，另有重复计算"))
    run_night(settings)
    assert rows(settings, OFFICIAL) == [("d.xlsx", "accepted")]
    assert rows(settings, EFFECTS)[2] == ("office", "accept_as_printed", "lapsed")
    way = """
        SELECT s.file_name, h.night, h.state
        FROM core.finding_history AS h JOIN core.fct_finding AS f USING (finding_id)
        JOIN core.fct_submission AS s USING (submission_id) WHERE f.rule_id = 'F01' ORDER BY s.sequence, h.night"""
    assert rows(settings, way) == [
        ("a.xlsx", 1, "open"),
        ("a.xlsx", 3, "waived"),
        ("b.xlsx", 4, "waived"),
        ("c.xlsx", 5, "lapsed"),
    ]
    # what the department presumed and then mended
    mended = f"SELECT night, state, why FROM core.finding_history WHERE finding_id = '{presumed}' ORDER BY night"
    assert rows(settings, mended) == [
        (2, "open", "首次发现"),
        (3, "gone", "不再发现：有关的数据或说明已改正"),
    ]


def test_bad_decisions_are_told_and_stop_nothing(tmp_path: Path) -> None:
    settings = new_home(tmp_path / "home")
    drop(settings, f"{ORGAN}/a.xlsx", annex(ORGAN, 2017, {"fj_req_total": 5}))
    # nothing is published yet: these wait for the night after
    drop(settings, f"{OTHER}/decisions.csv", "尊敬的领导：没有问题。\n".encode())
    run_night(settings)
    assert rows(settings, "SELECT count(*) FROM core.fct_decision") == [(0,)]
    receipt, finding = error(settings, "a.xlsx")
    office(
        settings,
        "坏.csv",
        f"{receipt},{finding},accept_as_printed,,张三,2018-02-02",
        f"{receipt},{finding},waive,理由,张三,2018-02-02",
        f"{receipt},ffffffffffff,accept_as_printed,理由,张三,2018-02-02",
        f"XXX,{finding},accept_as_printed,理由,张三,2018-02-02",
    )
    (settings.decisions / "表.xlsx").write_bytes(annex(ORGAN, 2017))
    drop(settings, "nobody/decisions.csv", f"{HEADER}{receipt},{finding},accept_as_printed,x,y,2018-02-02\n".encode())
    run_night(settings)
    assert rows(settings, HELD) == [("a.xlsx",)]
    assert rows(settings, "SELECT DISTINCT effect FROM core.fct_decision") == [("no_effect",)]
    files = dict(rows(settings, "SELECT inbox_path, outcome FROM core.fct_file WHERE sequence > 3"))
    assert files == {
        f"{OTHER}/decisions.csv": "decisions",
        "decisions/坏.csv": "decisions",
        "decisions/表.xlsx": "decisions",
        "nobody/decisions.csv": "rejected",
    }
    notes = rows(
        settings,
        """
        SELECT regexp_extract(f.inbox_path, '[^/]*/[^/]*$'), d.line, left(d.note, 12)
        FROM core.fct_decision AS d JOIN core.fct_file AS f USING (file_id) ORDER BY 1, 2""",
    )
    assert notes == [
        (f"{OTHER}/decisions.csv", 1, "首行应当是 receipt_no"[:12]),
        ("decisions/坏.csv", 2, "理由（reason）没有填"[:12]),
        ("decisions/坏.csv", 3, "不认识的决定“waive”，"[:12]),
        ("decisions/坏.csv", 4, "昨夜发布的结果里没有问题"[:12]),
        ("decisions/坏.csv", 5, f"问题“{finding}”"[:12]),
        ("decisions/表.xlsx", 1, "不是 UTF-8 或 GB18030"[:12]),
        ("nobody/decisions.csv", 2, f"问题“{finding}”"[:12]),
    ]
    # a stranger's presumption is told of the file, in the folder for strangers
    assert {path.parent.name for path in settings.outbox.rglob("*.json")} == {ORGAN, OTHER, "_unknown"}
    assert rows(settings, "SELECT organ_code, submission_id FROM core.fct_finding WHERE rule_id = 'V30'") == [
        ("nobody", None)
    ]
    # the archive answers for decisions as for figures
    ((sha256,),) = rows(settings, "SELECT sha256 FROM core.fct_file WHERE inbox_path = 'decisions/坏.csv'")
    archived_path(settings.archive, sha256).unlink()
    result = CliRunner().invoke(main, ["verify"], env={"GONGKAI_HOME": str(settings.home)})
    assert (result.exit_code, "（decisions/坏.csv）" in result.output) == (1, True)
