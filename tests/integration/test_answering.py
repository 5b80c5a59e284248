"""A preliminary answer within minutes: what is answered, with what, and all that it leaves alone."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.answering import MOST_AT_ONCE, Look, answer_files, look
from pipelines.answers import write_receipts
from pipelines.answers.preliminary import PREFIX
from pipelines.definitions import build_defs
from pipelines.instance import QUIET
from pipelines.jobs import ANSWER_JOB
from pipelines.lock import PID_TAG, clear_dead_runs, night_lock
from pipelines.settings import Settings
from tests.integration.night import annex, drop, new_home, published, run_night
from tests.integration.small_city import FIRST, SECOND, THIRD, report, write_register
from tests.integration.test_lock import dead_pid
from warehouse.connection import reader


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return new_home(tmp_path / "home", write_register(tmp_path / "register"), lambda: datetime(2018, 3, 1, 9, 0))


def look_twice(settings: Settings) -> Look:
    """What is due once the files have settled."""
    return look(settings, look(settings, {}, 1000.0).watched, 1000.0 + settings.settle_seconds)


def answer_all(settings: Settings) -> int:
    return answer_files(settings, look_twice(settings).due).answered


def pages(settings: Settings, organ: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((settings.outbox / organ).glob(f"{PREFIX}-*.html"))]


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_report_is_answered_as_the_check_would_and_says_that_it_does_not_count(settings: Settings) -> None:
    drop(settings, f"{SECOND}/2017年报.xlsx", report(SECOND, 2017, 7, requests=5))
    drop(settings, f"{FIRST}/2017.xlsx", report(FIRST, 2017, 9))
    before = tree(settings.inbox)
    assert answer_all(settings) == 2
    (wrong,), (right,) = pages(settings, SECOND), pages(settings, FIRST)
    assert "这是放入文件后的初步核对，不作数。" in wrong
    assert "以回执为准；那时这一页会自动删除" in wrong
    assert "预审发现错误，请改正后重放" in wrong
    assert f"文件：{SECOND}/2017年报.xlsx" in wrong
    assert "某市乙局　2017年度" in wrong
    assert "之和为0，“受理政府信息公开申请总数”填的是5，相差5" in wrong
    assert "没有历史数据，没有核对跨年的规则" in wrong
    assert "预审没有发现错误" in right
    # nothing else was touched: no archive, no journal, no publication, no lock
    assert tree(settings.inbox) == before
    assert not settings.archive.exists()
    assert not settings.published.exists()
    assert sorted(path.name for path in settings.work.iterdir()) == ["preliminary.json"]
    # and the same file is not answered again
    assert look_twice(settings) == Look((), False, {})
    assert answer_all(settings) == 0


def test_a_file_that_is_being_written_waits(settings: Settings) -> None:
    path = drop(settings, f"{FIRST}/2017.xlsx", b"half")
    settings = Settings(settings.home, settings.register, settle_seconds=30, clock=settings.clock)
    first = look(settings, {}, 1000.0)
    assert (first.due, len(first.watched)) == ((), 1)
    assert look(settings, first.watched, 1029.0).due == ()
    path.write_bytes(report(FIRST, 2017, 9))
    grown = look(settings, first.watched, 1031.0)
    assert grown.due == ()
    assert len(look(settings, grown.watched, 1061.0).due) == 1
    # what changed between the look and the run is left for the next look
    path.write_bytes(report(FIRST, 2017, 10))
    os.utime(path, ns=(1, 1))
    assert answer_files(settings, look(settings, grown.watched, 1061.0).due).answered == 0


def test_a_corrected_file_replaces_the_answer(settings: Settings) -> None:
    drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 7, requests=5), "2018-03-01T08:00:00")
    assert answer_all(settings) == 1
    drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 7), "2018-03-01T08:30:00")
    assert answer_all(settings) == 1
    (page,) = pages(settings, SECOND)
    assert "预审没有发现错误" in page
    # taken away again: its answer goes too
    (settings.inbox / SECOND / "2017.xlsx").unlink()
    gone = look_twice(settings)
    assert gone.is_over
    assert answer_files(settings, gone.due).removed == 1
    assert pages(settings, SECOND) == []


def test_the_nights_receipt_takes_its_place(settings: Settings) -> None:
    drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 7, requests=5), "2018-03-01T08:00:00")
    assert answer_all(settings) == 1
    (preliminary,) = (settings.outbox / SECOND).glob(f"{PREFIX}-*.html")
    late = preliminary.read_bytes()
    assert run_night(settings).success
    assert pages(settings, SECOND) == []
    (receipt,) = (settings.outbox / SECOND).glob("*.html")
    assert receipt.name.startswith(f"{SECOND}-2017-fj_annex_2017-")
    # what the night has received is not new, also without any memory
    (settings.work / "preliminary.json").unlink()
    assert look_twice(settings).watched == {}
    # a page written too late goes with the next receipts, and one that is remembered with the next look
    preliminary.write_bytes(late)
    with reader(published(settings)) as connection:
        write_receipts(connection, settings)
    assert not preliminary.exists()
    preliminary.write_bytes(late)
    status = (settings.inbox / SECOND / "2017.xlsx").stat()
    memory = {
        f"{SECOND}/2017.xlsx": {
            "mark": [status.st_size, status.st_mtime_ns],
            "page": f"{SECOND}/{preliminary.name}",
        }
    }
    (settings.work / "preliminary.json").write_text(json.dumps(memory), encoding="ascii")
    assert look_twice(settings).is_over
    assert answer_files(settings, ()).removed == 1
    # only its time is new, as after the inbox was copied: recognised by its content, once
    os.utime(settings.inbox / SECOND / "2017.xlsx")
    assert len(look_twice(settings).due) == 1
    assert answer_all(settings) == 0
    assert look_twice(settings).due == ()
    # a new file is judged against the published night, while another night holds its lock
    drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 8))
    before = tree(settings.archive), tree(settings.published)
    with night_lock(settings.lock_file):
        assert answer_all(settings) == 1
    (page,) = pages(settings, SECOND)
    assert "对照第1夜（2018-03-01 09:00:00）发布的数据" in page
    assert (tree(settings.archive), tree(settings.published)) == before


def test_a_hostile_file_costs_only_itself(settings: Settings) -> None:
    drop(settings, f"{FIRST}/a.xlsx", report(FIRST, 2017, 9))
    drop(settings, f"{FIRST}/b.xlsx", b"PK\x03\x04" + os.urandom(500))
    drop(settings, f"{FIRST}/c.pdf", b"%PDF-1.7\n" + b"<<" * 9000)
    drop(settings, f"{FIRST}/<script>.csv", "organ_code,report_year\n".encode("utf-16"))
    (settings.inbox / FIRST / os.fsdecode(b"\xff.xlsx")).write_bytes(b"\x00")
    # a link to another department's file is not followed, nor is a pipe waited for
    drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 424242))
    (settings.inbox / FIRST / "link.xlsx").symlink_to(settings.inbox / SECOND / "2017.xlsx")
    os.mkfifo(settings.inbox / FIRST / "pipe.xlsx")
    assert answer_all(settings) == 6
    told = pages(settings, FIRST)
    assert len(told) == 5
    assert sum("预审没有发现错误" in page for page in told) == 1
    assert sum("预审读不了这个文件" in page for page in told) == 4
    assert not any("424242" in page or "<script>" in page for page in told)
    assert sum("&lt;script&gt;.csv" in page for page in told) == 1


def test_only_reports_in_organs_folders_are_answered_and_a_bounded_number(settings: Settings) -> None:
    drop(settings, "nobody/2017.xlsx", report(FIRST, 2017, 9))
    drop(settings, "2017.xlsx", report(FIRST, 2017, 9))
    drop(settings, f"{FIRST}/decisions.csv", b"receipt_no,finding_id,decision,reason,signed_by,signed_on\n")
    drop(settings, f"{FIRST}/~$2017.xlsx", b"lock")
    for number in range(MOST_AT_ONCE + 5):
        drop(settings, f"{THIRD}/{number}.txt", b"x", f"2018-03-01T08:00:{number:02}")
    found = look_twice(settings)
    assert len(found.due) == MOST_AT_ONCE
    assert len(found.watched) == MOST_AT_ONCE + 5
    assert answer_files(settings, found.due).answered == MOST_AT_ONCE
    assert len(look_twice(settings).due) == 5
    assert answer_all(settings) == 5
    assert {path.name for path in settings.outbox.iterdir()} == {THIRD}


def test_an_outbox_that_cannot_be_written_to_costs_only_its_organ(settings: Settings) -> None:
    drop(settings, f"{FIRST}/2017.xlsx", report(FIRST, 2017, 9))
    drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 9))
    settings.outbox.mkdir()
    (settings.outbox / FIRST).write_text("no folder")
    assert answer_all(settings) == 1
    assert len(pages(settings, SECOND)) == 1
    # it is not tried for ever
    assert look_twice(settings).due == ()


def test_files_that_bring_a_run_down_are_not_tried_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(settings, f"{FIRST}/2017.xlsx", report(FIRST, 2017, 8))
    assert answer_all(settings) == 1
    drop(settings, f"{FIRST}/2017.xlsx", report(FIRST, 2017, 9))

    def die(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pipelines.answering.check_files", die)
    with pytest.raises(MemoryError):
        answer_all(settings)
    monkeypatch.undo()
    assert look_twice(settings).due == ()
    # what was said of its earlier content is gone
    assert pages(settings, FIRST) == []
    assert [path.name for path in settings.work.iterdir()] == ["preliminary.json"]


def test_the_sensor_is_off_and_asks_for_one_run_for_the_same_files(settings: Settings) -> None:
    repository = build_defs(settings).get_repository_def()
    sensor = repository.get_sensor_def("inbox_answers")
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    assert sensor.job_name == ANSWER_JOB
    with dg.instance_for_test() as instance:

        def tick(cursor: str | None) -> dg.SensorExecutionData:
            return sensor.evaluate_tick(
                dg.build_sensor_context(instance=instance, repository_def=repository, cursor=cursor)
            )

        assert tick(None).skip_message == "没有新文件"
        drop(settings, f"{FIRST}/部门机密.xlsx", report(FIRST, 2017, 9))
        (first,) = tick(None).run_requests
        told = tick(tick(None).cursor)
        (again,) = told.run_requests
        assert first.run_key == again.run_key
        # no name from outside is in the scheduler's records
        assert "部门机密" not in json.dumps(again.run_config, ensure_ascii=False) + str(told.cursor) + str(
            again.run_key
        )
        job = repository.get_job(ANSWER_JOB)
        result = job.execute_in_process(instance=instance, run_config={**QUIET, **again.run_config})
        assert result.success
        assert len(pages(settings, FIRST)) == 1
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        assert run.tags[PID_TAG] == str(os.getpid())
        assert tick(told.cursor).skip_message == "没有新文件"
        # one at a time
        drop(settings, f"{FIRST}/2.xlsx", annex(FIRST, 2017))
        instance.create_run_for_job(job, run_config=again.run_config, status=dg.DagsterRunStatus.STARTED)
        assert tick(told.cursor).skip_message == "上一次预审还没有结束"


def test_a_killed_run_is_closed_by_the_schedule_and_a_living_one_is_not(settings: Settings) -> None:
    job = build_defs(settings).resolve_job_def(ANSWER_JOB)
    config = {"ops": {"answer": {"config": {"files": []}}}}
    with dg.instance_for_test() as instance, pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.lock._GRACE", timedelta(0))
        dead, alive = (
            instance.create_run_for_job(
                job, run_config=config, status=dg.DagsterRunStatus.STARTED, tags={PID_TAG: str(pid)}
            ).run_id
            for pid in (dead_pid(), os.getpid())
        )
        assert clear_dead_runs(instance, settings.lock_file) == [dead]
        assert alive != dead
