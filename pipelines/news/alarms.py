"""What goes wrong at night, as messages for the ops team: a run that failed, a publication that is too old.

Belongs here: the words, and what of a run's events is told. Does not belong here: when anybody looks
(``pipelines.sensors``), how it is sent. The event log's tracebacks are not passed on, only their last sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import dagster as dg
import duckdb

from pipelines.checks import CHECKS
from pipelines.lock import JOB_NAME
from pipelines.news.message import Message, Part
from warehouse.connection import reader

_MOST_ROWS: Final = 3
"""of one failed check"""
_LONGEST_VALUE: Final = 24
_STEPS: Final = {
    # step: what it does, where to look first
    "received_files": ("收件", "看收件箱所在的共享盘是否连着、权限是否改过、存档所在的盘是否已满"),
    "earlier_releases": ("核对以前的发布", "存档里的发布有缺失或损坏：运行 gongkai verify，从备份恢复"),
    "submitted_cells": ("读数", "看运行页面上是哪个文件；把它移出收件箱可以先让其余的完成"),
    "rule_ledger": ("判定", "若刚改过规则或名录，先看改动"),
    "core_tables": ("基础表", "若刚改过规则或名录，先看改动"),
    "mart_tables": ("汇总表", "若刚改过规则或名录，先看改动"),
    "meta_tables": ("登记表", "若刚改过规则或名录，先看改动"),
    "release": ("发布比较", "看存档所在的盘是否已满"),
    "receipts": ("回执", "看 outbox 的权限和所在的盘是否已满"),
    "office_pages": ("网页", "若刚升级过，先看升级；看 work 所在的盘是否已满"),
    "published_warehouse": ("发布", "看 published 的权限和所在的盘是否已满"),
}
_MEANT: Final = {(check.table, check.name): check.description for check in CHECKS}
_STOPPED_BY_CHECK: Final = "DagsterAssetCheckFailedError"
_CLASS: Final = re.compile(r"^dagster\.[\w.]+: ")
_UNHARMED: Final = "昨夜发布的文件没有改动，查询和网页照常可用。"
_AGAIN: Final = "处理后运行 gongkai nightly，或等下一夜；每种情形的处理见 docs/operations.md。"


@dataclass(frozen=True, slots=True)
class Freshness:
    """What is remembered of the watch: since when it has gone on, and the incident that was told and is open."""

    watched_since: datetime
    told: datetime | None

    def to_json(self) -> str:
        """As one JSON object."""
        told = self.told.isoformat() if self.told else None
        return json.dumps({"watched_since": self.watched_since.isoformat(), "told": told})

    @classmethod
    def from_json(cls, text: str) -> Freshness:
        """What ``to_json`` wrote."""
        read = json.loads(text)
        told = datetime.fromisoformat(read["told"]) if read["told"] else None
        return cls(datetime.fromisoformat(read["watched_since"]), told)


def published_at(published_file: Path) -> datetime | None:
    """When the published night began; None where there is none, or it cannot be read."""
    if not published_file.exists():
        return None
    try:
        with reader(published_file) as connection:
            ((built_at,),) = connection.execute("SELECT built_at FROM meta.build").fetchall()
    except duckdb.Error:
        return None
    found: datetime = built_at
    return found


def watch(
    before: Freshness | None, built_at: datetime | None, now: datetime, owed: datetime
) -> tuple[Freshness, str, Message | None]:
    """(what to remember, key, message) of one look: an incident is told once, and once that it is over.

    ``built_at`` is when the published night began; where nothing was published, the time of the first look counts.
    ``owed`` is when the night began that should be published by now.
    """
    state = before or Freshness(now, None)
    last = built_at or state.watched_since
    is_stale = last < owed
    if is_stale and state.told is None:
        return Freshness(state.watched_since, last), f"stale:{now.isoformat()}", _stale(built_at, owed)
    if not is_stale and state.told is not None:
        return Freshness(state.watched_since, None), f"fresh:{now.isoformat()}", _fresh(last)
    return state, "", None


def _stale(built_at: datetime | None, owed: datetime) -> Message:
    there = f"最近一次发布是 {built_at:%m月%d日 %H:%M} 开始的那一夜" if built_at else "还没有任何可读的发布"
    return Message(
        subject="公开统计告警：没有按时发布",
        summary=f"{owed:%m月%d日 %H:%M} 应开始的一夜没有发布；{there}。",
        parts=(
            Part(
                "请检查",
                (
                    "每夜的计划（nightly_schedule）是否被关掉",
                    "网页的运行列表里最近一夜是失败、排队，还是根本没有开始",
                    "机器时间、磁盘空间",
                ),
            ),
        ),
        closing=("分析人员看到的仍是上一次发布的数字。恢复后会再通知一次，其间不再重复。", _AGAIN),
    )


def _fresh(last: datetime) -> Message:
    return Message(subject="公开统计恢复：已重新发布", summary=f"{last:%m月%d日 %H:%M} 开始的那一夜已经发布。")


def failed_run(instance: dg.DagsterInstance, run: dg.DagsterRun, failure: dg.DagsterEvent, ui_url: str) -> Message:
    """What failed in ``run``: steps, checks with their first rows, and what to do."""
    is_night = run.job_name == JOB_NAME
    steps = [event for event in _events(instance, run.run_id, dg.DagsterEventType.STEP_FAILURE) if event.step_key]
    names = [str(event.step_key) for event in steps]
    broken = [
        told
        for event in _events(instance, run.run_id, dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        for told in _check(event)
    ]
    first = (
        f"{_STEPS[names[0]][0]}（{names[0]}）" if names and names[0] in _STEPS else (names or ["没有开始任何一步"])[0]
    )
    # that a step stopped at a check is told by the check
    said = tuple(f"{event.step_key}：{_said(event)}" for event in steps if _error_of(event) != _STOPPED_BY_CHECK)
    parts = [
        Part("没有通过的核对（仓库自身的契约，不是报表的错误）", tuple(broken)),
        Part("失败的步骤", said),
        Part("原因", () if steps else (_said(failure),)),
    ]
    advice = [f"{_STEPS[name][0]}：{_STEPS[name][1]}。" for name in dict.fromkeys(names) if name in _STEPS]
    closing = (_UNHARMED, *advice, _AGAIN) if is_night else ("每夜的任务和发布的数字不受影响，夜里照常答复。",)
    return Message(
        subject=f"公开统计告警：{'夜间任务' if is_night else run.job_name}失败",
        summary=f"停在：{first}。运行编号 {run.run_id[:8]}。",
        parts=tuple(part for part in parts if part.lines),
        closing=closing,
        link=f"{ui_url}/runs/{run.run_id}" if ui_url else "",
        link_text="打开这一次运行",
    )


def _events(instance: dg.DagsterInstance, run_id: str, kind: dg.DagsterEventType) -> Iterator[dg.DagsterEvent]:
    records = instance.get_records_for_run(run_id, of_type=kind).records
    return (record.event_log_entry.dagster_event for record in records if record.event_log_entry.dagster_event)


def _check(event: dg.DagsterEvent) -> Iterator[str]:
    """A check that stops the night, and its first rows; nothing of one that passed or only warns."""
    result = event.asset_check_evaluation_data
    if result.passed or result.severity != dg.AssetCheckSeverity.ERROR:
        return
    table = ".".join(result.asset_key.path)
    meant = _MEANT.get((table, result.check_name), "表的契约" if result.check_name == "contract" else "")
    yield f"{table} 的 {result.check_name}{'：' if meant else ''}{meant}"
    for value in result.metadata.values():
        yield from ("　" + row for row in _rows(value)[:_MOST_ROWS])


def _rows(value: dg.MetadataValue) -> list[str]:
    """The rows of a table or list among what a check tells; hashes and long texts would push out the figures."""
    if isinstance(value, dg.TableMetadataValue):
        return [
            "，".join(f"{name}={str(item)[:_LONGEST_VALUE]}" for name, item in record.data.items())
            for record in value.records
        ]
    if isinstance(value, dg.JsonMetadataValue) and isinstance(value.data, list):
        return [str(item) for item in value.data]
    return []


def _said(event: dg.DagsterEvent) -> str:
    """The last sentence of the error behind an event, else the event's own."""
    error = getattr(event.event_specific_data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    text = error.message if error is not None else event.message or ""
    return _CLASS.sub("", text.strip().split("\n", 1)[0])


def _error_of(event: dg.DagsterEvent) -> str:
    error = getattr(event.event_specific_data, "error", None)
    return error.cls_name or "" if error is not None else ""
