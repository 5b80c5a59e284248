"""Nights of a made-up city, and what the office is told on the mornings after: every figure of every message."""

from __future__ import annotations

import shutil
import time as time_module
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._utils.error import serializable_error_info_from_exc_info

from pipelines.definitions import build_defs
from pipelines.instance import QUIET
from pipelines.lock import JOB_NAME
from pipelines.news import post as post_module
from pipelines.news.alarms import published_at
from pipelines.news.digest import Known, digest, known_now
from pipelines.news.message import Message, Part, as_html, render
from pipelines.news.post import Channel, Post, channels
from pipelines.news.sent import Sent
from pipelines.news.settings import NewsSettings, Secret, Webhook
from pipelines.settings import Settings, SettingsError
from tests.integration.night import drop, new_home, published, run_night
from tests.integration.small_city import FIRST, SECOND, THIRD, report, write_register
from tests.unit.news_servers import Reply, WebServer, web_server
from warehouse.build import build_table
from warehouse.connection import reader

TOKEN = "hush-hush-token"  # noqa: S105 - not one


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2018, 3, 1, 2, 0))


@pytest.fixture
def settings(tmp_path: Path, clock: Clock) -> Settings:
    return replace(
        new_home(tmp_path / "home", write_register(tmp_path / "register"), clock),
        receipts=False,
        pages_url="https://pages",
    )


def news_to(server: WebServer) -> NewsSettings:
    return NewsSettings(
        webhooks=(Webhook("webhook", Secret(f"{server.url}/{TOKEN}")),),
        digest_at=time(8, 30),
    )


def sensors(settings: Settings, read_news: Callable[[], NewsSettings]) -> dg.RepositoryDefinition:
    return build_defs(settings, read_news=read_news, tells_news=True).get_repository_def()


def tick(repository: dg.RepositoryDefinition, name: str, instance: dg.DagsterInstance) -> str:
    """Evaluate a sensor once; what it says for having nothing to run."""
    context = dg.build_sensor_context(instance=instance, repository_def=repository)
    told = repository.get_sensor_def(name).evaluate_tick(context).skip_message
    assert told is not None
    return told


def lines(server: WebServer) -> list[str]:
    text: str = server.bodies[-1]["text"]
    return text.splitlines()


def test_a_first_error_is_told_once_an_unchanged_night_is_quiet_and_mending_is_told(  # noqa: PLR0915 - one story
    settings: Settings, clock: Clock
) -> None:
    with web_server([Reply(status=204, body="")]) as server, dg.instance_for_test() as instance:
        repository = sensors(settings, lambda: news_to(server))

        def morning(day: str) -> str:
            clock.now = datetime.fromisoformat(f"{day}T08:31:00")
            said = tick(repository, "daily_digest", instance)
            tick(repository, "news_delivery", instance)
            return said

        def night(day: str) -> None:
            clock.now = datetime.fromisoformat(f"{day}T02:00:00")
            assert run_night(settings).success

        assert morning("2018-02-28") == "还没有发布过"
        # the first night: one report counts, one has an error
        drop(settings, f"{FIRST}/2017.xlsx", report(FIRST, 2017, 9), "2018-02-28T10:00:00")
        drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 7, requests=5), "2018-02-28T11:00:00")
        night("2018-03-01")
        clock.now = datetime(2018, 3, 1, 8, 29)
        assert tick(repository, "daily_digest", instance) == "08:30 再看"
        assert morning("2018-03-01") == "公开统计日报 3月1日：有错误 1 份（扣留 1）等"
        (body,) = server.bodies
        assert body["summary"] == "有错误 1 份（扣留 1）；成为正式数 1 份；新发布 1 次"
        got = lines(server)
        assert got[2:5:2] == ["【新收的报表有错误：1 份，扣留 1 份】", "【成为正式数：1 份】"]
        assert got[3].startswith("・某市乙局 2017年度（已扣留）：错误 1 处，F01 ")
        assert got[3].endswith("）")
        assert f"（回执 {SECOND}-2017-fj_annex_2017-0000" in got[3]
        assert got[5] == "・市本级 2017年度：某市甲局"
        assert got[6] == "【新发布：1 次】"
        assert got[-1] == "查看全部：https://pages/index.html"
        assert tick(repository, "daily_digest", instance) == "今天已经看过"

        # nothing came: the held report is known, nobody hears of it again
        night("2018-03-02")
        assert morning("2018-03-02") == "没有变化，不发"
        assert len(server.requests) == 1

        # mended
        drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 7), "2018-03-02T15:00:00")
        night("2018-03-03")
        assert morning("2018-03-03") == "公开统计日报 3月3日：成为正式数 1 份等"
        assert server.bodies[-1]["summary"] == "成为正式数 1 份；重报 1 份；新发布 1 次"
        assert lines(server)[2:6] == [
            "【成为正式数：1 份，其中更正 1 份】", "・市本级 2017年度：某市乙局",
            "【重报：1 份】", "・市本级 2017年度：某市乙局（已为正式数）",
        ]  # fmt: skip

        # no night at all, but the deadline of 31 March has come within 14 days, and then within 7
        assert morning("2018-03-18") == "公开统计日报 3月18日：13 天后截止，4 家未报"
        assert lines(server)[2:] == [
            "【13 天后（3月31日）2017年度（福建省附表2017年版）截止，尚有 4 家未报】",
            "・市本级 2017年度：某市人民政府、某市丙局", "・某区 2017年度：人民政府、丁局",
            "以上是第 3 夜（03-03 02:00 开始）相对上一次日报的变化，旧的不再重复。", "查看全部：https://pages/index.html",
        ]  # fmt: skip
        assert morning("2018-03-19") == "没有变化，不发"
        # a day was missed: it is told all the same, once
        assert morning("2018-03-25") == "公开统计日报 3月25日：6 天后截止，4 家未报"
        assert morning("2018-03-26") == "没有变化，不发"

        # over: one of the four came in time, three are missing, and a file could not be read
        drop(settings, f"{THIRD}/2017.xlsx", report(THIRD, 2017, 1), "2018-03-31T20:00:00")
        drop(settings, f"{THIRD}/附件.pdf", b"%PDF-1.4 nothing", "2018-03-31T20:00:00")
        night("2018-04-01")
        assert morning("2018-04-01") == "公开统计日报 4月1日：新缺报 3 家等"
        assert server.bodies[-1]["summary"] == "新缺报 3 家；读不了 1 个文件；成为正式数 1 份；新发布 1 次"
        assert lines(server)[3:5] == ["・市本级 2017年度：某市人民政府", "・某区 2017年度：人民政府、丁局"]
        assert lines(server)[6].startswith("・某市丙局：附件.pdf，")
        night("2018-04-02")
        assert morning("2018-04-02") == "没有变化，不发"

        # without its memory it tells the last night again, no more: of that nothing is new
        shutil.rmtree(settings.work)
        assert morning("2018-04-03") == "没有变化，不发"
        assert len(server.requests) == 5


def test_a_report_mended_in_the_same_night_is_no_error_to_call_about(settings: Settings) -> None:
    drop(settings, f"{SECOND}/2017.xlsx", report(SECOND, 2017, 7, requests=5), "2018-02-28T10:00:00")
    drop(settings, f"{SECOND}/更正.xlsx", report(SECOND, 2017, 7), "2018-02-28T11:00:00")
    assert run_night(settings).success
    nothing = Known(0, date(2018, 2, 28), 0, 0, frozenset(), frozenset())
    with reader(published(settings)) as connection:
        assert connection.sql("SELECT status FROM core.fct_submission ORDER BY sequence").fetchall()[0] == ("held",)
        message = digest(connection, nothing, date(2018, 3, 1), ())
    assert message is not None
    assert message.summary == "成为正式数 1 份；重报 1 份；新发布 1 次"


def test_a_digest_needs_the_file_and_what_was_known_and_nothing_else(settings: Settings, clock: Clock) -> None:
    drop(settings, f"{FIRST}/2017.xlsx", report(FIRST, 2017, 9), "2018-02-28T10:00:00")
    assert run_night(settings).success
    known = Known(0, date(2018, 2, 28), 0, 0, frozenset(), frozenset())
    with reader(published(settings)) as connection:
        first = digest(connection, known, date(2018, 3, 1), ())
        now = known_now(connection, date(2018, 3, 1))
        assert now.night == 1
        assert now.sequence == 2
        assert len(now.official) == 1
        assert Known.from_json(now.to_json()) == now
        assert first is not None
        assert first == digest(connection, known, date(2018, 3, 1), ())
        assert digest(connection, now, date(2018, 3, 2), ()) is None
        # five duties, one filed: who is missing is news where nobody was known to be
        clock.now = datetime(2018, 4, 2, 2, 0)
    assert run_night(settings).success
    with reader(published(settings)) as connection:
        late = digest(connection, now, date(2018, 4, 2), ())
        assert late is not None
        assert late.summary == "新缺报 5 家"
        assert digest(connection, known_now(connection, date(2018, 4, 2)), date(2018, 4, 3), ()) is None


# alarms


def failed_night(settings: Settings, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    def build(connection: duckdb.DuckDBPyConnection, name: str) -> int:
        count = build_table(connection, name)
        if name == "meta.build":
            connection.execute("UPDATE meta.build SET cells_stored = cells_stored - 1")
        return count

    job = build_defs(settings, build=build).resolve_job_def(JOB_NAME)
    return job.execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET)


def test_a_failed_night_says_which_check_its_first_rows_and_what_to_do(settings: Settings) -> None:
    drop(settings, f"{FIRST}/2017.xlsx", report(FIRST, 2017, 9), "2018-02-28T10:00:00")
    with web_server([Reply(status=204, body="")]) as server, dg.instance_for_test() as instance:
        result = failed_night(settings, instance)
        assert not result.success
        news = replace(news_to(server), ui_url="http://ops:3000")
        repository = sensors(settings, lambda: news)
        (event,) = result.filter_events(lambda event: event.event_type == dg.DagsterEventType.RUN_FAILURE)
        context = dg.build_run_status_sensor_context(
            "failed_run_news", event, instance, result.dagster_run
        ).for_run_failure()
        for _ in range(2):  # told twice, sent once
            repository.get_sensor_def("failed_run_news")(context)
            tick(repository, "news_delivery", instance)
        (body,) = server.bodies
        assert body["subject"] == "公开统计告警：夜间任务失败"
        assert body["summary"] == f"停在：登记表（meta_tables）。运行编号 {result.run_id[:8]}。"
        assert body["link"] == f"http://ops:3000/runs/{result.run_id}"
        got = lines(server)
        assert got[2:4] == [
            "【没有通过的核对（仓库自身的契约，不是报表的错误）】",
            "・meta.build 的 conserved：收到的文件都有结果，读出的格都已入库",
        ]
        assert "，cells_read=30，cells_stored=29，" in got[4]
        assert got[5] == "昨夜发布的文件没有改动，查询和网页照常可用。"


def test_a_night_that_never_began_is_told_with_its_reason(settings: Settings) -> None:
    with web_server([Reply(status=204, body="")]) as server, dg.instance_for_test() as instance:
        repository = sensors(settings, lambda: news_to(server))
        run = instance.create_run_for_job(
            build_defs(settings).resolve_job_def(JOB_NAME), status=dg.DagsterRunStatus.STARTED
        )
        event = instance.report_run_failed(run, "The process of this night is gone without ending it.")
        context = dg.build_run_status_sensor_context("failed_run_news", event, instance, run).for_run_failure()
        repository.get_sensor_def("failed_run_news")(context)
        tick(repository, "news_delivery", instance)
        assert lines(server)[1:4] == [
            f"停在：没有开始任何一步。运行编号 {run.run_id[:8]}。", "【原因】",
            "・The process of this night is gone without ending it.",
        ]  # fmt: skip


def test_stale_figures_are_told_once_and_so_is_the_recovery(settings: Settings, clock: Clock) -> None:
    with web_server([Reply(status=204, body="")]) as server, dg.instance_for_test() as instance:
        repository = sensors(settings, lambda: news_to(server))

        def look(at: str) -> str:
            clock.now = datetime.fromisoformat(at)
            said = tick(repository, "stale_figures_news", instance)
            tick(repository, "news_delivery", instance)
            return said

        # no run ever started: nobody but this watch can tell
        assert look("2018-03-01T09:00:00") == "最近一次发布：无"
        assert look("2018-03-02T05:59:00") == "最近一次发布：无"
        assert look("2018-03-02T06:00:00") == "公开统计告警：没有按时发布"
        assert look("2018-03-02T06:10:00") == "最近一次发布：无"
        assert [body["subject"] for body in server.bodies] == ["公开统计告警：没有按时发布"]
        assert server.bodies[0]["summary"] == "03月02日 02:00 应开始的一夜没有发布；还没有任何可读的发布。"

        clock.now = datetime(2018, 3, 2, 16, 0)
        assert run_night(settings).success
        assert look("2018-03-02T16:10:00") == "公开统计恢复：已重新发布"
        assert look("2018-03-03T05:59:00") == "最近一次发布：2018-03-02 16:00:00"
        assert look("2018-03-03T06:00:00") == "公开统计告警：没有按时发布"
        owed, there = "03月03日 02:00 应开始的一夜没有发布", "最近一次发布是 03月02日 16:00 开始的那一夜"
        assert server.bodies[-1]["summary"] == f"{owed}；{there}。"
        assert len(server.requests) == 3
        # a file that nobody can read is no publication
        folder = published(settings).parent
        folder.chmod(0o755)
        published(settings).chmod(0o644)
        published(settings).write_bytes(b"no database")
        assert published_at(published(settings)) is None
        assert look("2018-03-03T06:10:00") == "最近一次发布：无"


# the post


def test_what_cannot_be_sent_waits_and_is_neither_lost_nor_doubled(settings: Settings) -> None:
    with (
        web_server([Reply(status=204, body="")]) as good,
        web_server([Reply(body='{"errcode": 93000}'), Reply()]) as bad,
        dg.instance_for_test() as instance,
    ):
        news = replace(
            news_to(good),
            webhooks=(
                Webhook("wecom", Secret(f"{bad.url}/{TOKEN}")),
                Webhook("webhook", Secret(f"{good.url}/{TOKEN}")),
            ),
        )
        repository = sensors(settings, lambda: news)
        Post(settings).put("a", Message("一", ""))
        with pytest.raises(Exception, match="企业微信：拒收，代码 93000"):
            tick(repository, "news_delivery", instance)
        # the other channel has it, and does not get it again
        assert len(good.requests) == 1
        wecom, _ = channels(news)
        assert [(m.subject, problem[:2]) for _, m, problem in Post(settings).waiting(wecom)] == [("一", "拒收")]
        Post(settings).put("a", Message("一，又一次", ""))
        assert tick(repository, "news_delivery", instance) == "发出 1 条"
        assert tick(repository, "news_delivery", instance) == "发出 0 条"
        assert (len(good.requests), len(bad.requests)) == (1, 2)


def test_a_message_that_is_never_taken_does_not_stop_the_others(settings: Settings, clock: Clock) -> None:
    with web_server([Reply(status=400), Reply(status=204, body="")]) as server:
        news = news_to(server)
        post = Post(settings)
        post.put("a", Message("一", ""))
        clock.now = datetime(2018, 3, 1, 2, 1)
        post.put("b", Message("二", ""))
        assert post.deliver(channels(news)).problems == ("网络钩子：答复 HTTP 400",)
        assert post.deliver(channels(news)).sent == 2
        assert [body["subject"] for body in server.bodies] == ["一", "二", "一"]
        # what could not be sent for three days is no news any more
        post.put("c", Message("三", ""))
        clock.now = datetime(2018, 3, 4, 2, 2)
        assert post.deliver(channels(news)).sent == 0


def test_a_channel_that_hangs_does_not_keep_the_others_waiting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post_module, "_SECONDS_A_CHANNEL", 0)
    heard: list[str] = []

    def hang(_: Message) -> Sent:
        time_module.sleep(0.1)
        return Sent("超时未答复", is_transient=True)

    def hear(message: Message) -> Sent:
        heard.append(message.subject)
        return Sent()

    to = [Channel("mail", "邮件", hang), Channel("wecom", "企业微信", hear)]
    post = Post(settings)
    for name in "ab":
        post.put(name, Message(name, ""))
    # of a channel that takes long one message a look, and the next channel has its own time
    for expected in (["a"], ["a", "b"]):
        assert post.deliver(to, lambda _: None).problems == ("邮件：超时未答复",)
        assert heard == expected


def test_no_secret_is_in_what_a_failed_delivery_leaves_behind(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = f'{{"errcode": 93000, "errmsg": "{TOKEN}"}}'
    with web_server([Reply(body=body)]) as server, dg.instance_for_test() as instance:
        news = replace(news_to(server), webhooks=(Webhook("wecom", Secret(f"{server.url}/?key={TOKEN}")),))
        repository = sensors(settings, lambda: news)
        Post(settings).put("a", Message("一", ""))
        with pytest.raises(Exception, match="93000") as caught:
            tick(repository, "news_delivery", instance)
        # what the scheduler would keep of the tick
        info = serializable_error_info_from_exc_info((caught.type, caught.value, caught.tb))
        assert TOKEN not in info.to_string() + repr(info) + caplog.text
        assert server.requests[0][0] == f"/?key={TOKEN}"
        server_gone = replace(news, webhooks=(Webhook("wecom", Secret(f"http://127.0.0.1:1/?key={TOKEN}")),))
        with pytest.raises(Exception, match="企业微信：连不上") as caught:
            tick(sensors(settings, lambda: server_gone), "news_delivery", instance)
        info = serializable_error_info_from_exc_info((caught.type, caught.value, caught.tb))
        assert TOKEN not in info.to_string() + repr(info) + caplog.text
    assert TOKEN.encode() not in (settings.work / "news.sqlite").read_bytes()


def test_a_mistake_in_the_variables_turns_the_tick_red_and_loses_no_alarm(settings: Settings) -> None:
    def broken() -> NewsSettings:
        raise SettingsError("GONGKAI_NEWS_WECOM_URL：请写 http:// 或 https:// 开头的完整地址")

    with dg.instance_for_test() as instance, web_server([Reply(status=204, body="")]) as server:
        run = instance.create_run_for_job(
            build_defs(settings).resolve_job_def(JOB_NAME), status=dg.DagsterRunStatus.STARTED
        )
        event = instance.report_run_failed(run, "gone")
        context = dg.build_run_status_sensor_context("failed_run_news", event, instance, run).for_run_failure()
        repository = sensors(settings, broken)
        repository.get_sensor_def("failed_run_news")(context)
        for name in ("stale_figures_news", "daily_digest", "news_delivery"):
            with pytest.raises(Exception, match="GONGKAI_NEWS_WECOM_URL"):
                tick(repository, name, instance)
        # mended: the alarm is there
        assert tick(sensors(settings, lambda: news_to(server)), "news_delivery", instance) == "发出 1 条"


def test_without_a_channel_nothing_is_on_and_nothing_is_written(settings: Settings) -> None:
    repository = build_defs(settings, read_news=NewsSettings).get_repository_def()
    told = ("failed_run_news", "stale_figures_news", "daily_digest", "news_delivery")
    assert {repository.get_sensor_def(name).default_status for name in told} == {dg.DefaultSensorStatus.STOPPED}
    with dg.instance_for_test() as instance:
        for name in ("stale_figures_news", "daily_digest"):
            assert tick(repository, name, instance).startswith("没有配置通道")
        assert tick(repository, "news_delivery", instance) == "发出 0 条"
    assert not (settings.work / "news.sqlite").exists()
    on = build_defs(settings, read_news=NewsSettings, tells_news=True).get_repository_def()
    assert {on.get_sensor_def(name).default_status for name in told} == {dg.DefaultSensorStatus.RUNNING}


def test_many_names_are_bounded_in_every_channel() -> None:
    message = Message("日报", "", (Part("缺报：300 家", tuple(f"某区{n} 2024年度：甲局" for n in range(300))),))
    for style in ("text", "markdown", "spaced_markdown"):
        assert render(message, style, 64_000).count("某区") == 20
        assert "另有 280 条，见网页" in render(message, style, 64_000)
    assert as_html(message).count("某区") == 20
    assert "另有 280 条，见网页" in as_html(message)
