"""What watches between the nights: for failed runs, figures that are too old, the day's news, files that are new.

Belongs here: when somebody looks. What is to be told waits in ``pipelines.news.post`` and is sent by a sensor of its
own, so that a mail server that is away holds up nothing and loses nothing; without a channel these sensors are off.
Does not belong here: any sentence, any comparison (``pipelines.news``), any answer (``pipelines.answering``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Final

import dagster as dg

from pipelines.answering import look
from pipelines.jobs import ANSWER_JOB
from pipelines.news.alarms import Freshness, failed_run, published_at, watch
from pipelines.news.daily import tell_today
from pipelines.news.post import Post, channels
from pipelines.news.settings import NewsSettings
from pipelines.schedules import owed_since
from pipelines.settings import Settings, SettingsError

ReadNews = Callable[[], NewsSettings]
_FRESHNESS: Final = "freshness"
_UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_NO_CHANNEL: Final = "没有配置通道（GONGKAI_NEWS_…，见 docs/news.md）"


class NotDeliveredError(RuntimeError):
    """Messages still wait; what went wrong, by channel. They are tried again at the next tick."""


def news_sensors(settings: Settings, read_news: ReadNews, *, is_on: bool) -> list[dg.SensorDefinition]:
    """The sensors that tell; ``read_news`` is asked at every tick, so that a new password needs no restart."""
    status = dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED

    @dg.run_failure_sensor(
        name="failed_run_news",
        default_status=status,
        minimum_interval_seconds=30,
        description="告警：一次运行失败了——哪一步、哪个核对、怎么办",
    )
    def failed_run_news(context: dg.RunFailureSensorContext) -> None:
        try:
            ui_url = read_news().ui_url
        except SettingsError:  # told by the delivery at every tick; this one comes once, and must not be lost
            ui_url = ""
        run = context.dagster_run
        message = failed_run(context.instance, run, context.failure_event, ui_url)
        Post(settings).put(f"failed:{run.run_id}", message)

    @dg.sensor(
        name="stale_figures_news",
        default_status=status,
        minimum_interval_seconds=600,
        description="告警：发布的文件太旧（夜间任务没有跑）；每次只告一次，恢复时再告一次",
    )
    def stale_figures_news() -> Iterator[dg.SkipReason]:
        news = read_news()
        if not news.has_channel:
            yield dg.SkipReason(_NO_CHANNEL)
            return
        post = Post(settings)
        remembered = post.recall(_FRESHNESS)
        before = Freshness.from_json(remembered) if remembered else None
        built_at = published_at(settings.published_file)
        state, key, message = watch(before, built_at, settings.clock(), owed_since(settings))
        if state != before:
            post.put(key, message, {_FRESHNESS: state.to_json()})
        yield dg.SkipReason(message.subject if message else f"最近一次发布：{built_at or '无'}")

    @dg.sensor(
        name="daily_digest",
        default_status=status,
        minimum_interval_seconds=300,
        description="日报：收集情况的变化，每天一份，没有变化就不发",
    )
    def daily_digest() -> Iterator[dg.SkipReason]:
        news = read_news()
        yield dg.SkipReason(tell_today(settings, news) if news.has_channel else _NO_CHANNEL)

    @dg.sensor(
        name="news_delivery",
        default_status=status,
        minimum_interval_seconds=60,
        description="把等着的消息发出去；发不出去的留到下一次",
    )
    def news_delivery() -> Iterator[dg.SkipReason]:
        delivered = Post(settings).deliver(channels(read_news()))
        if delivered.problems:
            raise NotDeliveredError("；".join(delivered.problems))
        yield dg.SkipReason("；".join((f"发出 {delivered.sent} 条", *delivered.remarks)))

    return [failed_run_news, stale_figures_news, daily_digest, news_delivery]


def inbox_sensor(settings: Settings, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Off until somebody turns it on: looks every minute, and answers what has settled."""

    @dg.sensor(
        name="inbox_answers",
        job=job,
        default_status=dg.DefaultSensorStatus.STOPPED,
        minimum_interval_seconds=60,
        description="预审（默认关）：收件箱里有新文件，写完后几分钟内答复",
    )
    def inbox_answers(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        found = look(settings, json.loads(context.cursor or "{}"), time.time())
        context.update_cursor(json.dumps(found.watched))
        if not found.due and not found.is_over:
            yield dg.SkipReason(f"{len(found.watched)} 个新文件还在写入" if found.watched else "没有新文件")
        elif context.instance.get_runs(dg.RunsFilter(job_name=ANSWER_JOB, statuses=_UNFINISHED), limit=1):
            yield dg.SkipReason("上一次预审还没有结束")
        else:
            config = {"ops": {"answer": {"config": {"files": list(found.due)}}}}
            yield dg.RunRequest(run_key=found.key if found.due else None, run_config=config)

    return inbox_answers
