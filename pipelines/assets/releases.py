"""What was published before is still what it was, and whether tonight's figures are another publication."""

from __future__ import annotations

from typing import Final

import dagster as dg

from pipelines.assets.keys import EARLIER_RELEASES, OWNERS, RECEIVED_FILES, RELEASE, described, table_key
from pipelines.releases import EVENT, damaged_files
from pipelines.resources import Night
from warehouse.connection import writer
from warehouse.releases import decide_release
from warehouse.stage import FROZEN

_DAMAGED: Final = (
    "以前发布时冻结的内容被改动或丢失，**今夜到此为止，没有发布**。请从备份里恢复 `archive/releases/` 下列出的文件，"
    "用 `gongkai verify` 核对，再运行一次；不要删除流水里的记录。"
)


@dg.asset(
    key=EARLIER_RELEASES,
    deps=[RECEIVED_FILES],
    group_name="intake",
    owners=OWNERS,
    kinds={"parquet"},
    description="以前的发布：存档里每次发布冻结的内容，都还与流水里记下的散列一致。",
    check_specs=[
        dg.AssetCheckSpec(
            "unchanged",
            asset=EARLIER_RELEASES,
            blocking=True,
            description=described("以前每次发布的内容散列都没有变", _DAMAGED),
        )
    ],
)
def earlier_releases(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Hash every file of every release again."""
    journal = night.journal()
    damaged = damaged_files(journal)
    return dg.MaterializeResult(
        metadata={"releases": len(journal.of(EVENT))},
        check_results=[
            dg.AssetCheckResult(
                check_name="unchanged",
                passed=not damaged,
                metadata={"rows": len(damaged), "damaged": dg.MetadataValue.json([str(path) for path in damaged])},
            )
        ],
    )


@dg.asset(
    key=RELEASE,
    deps=[table_key(table) for table in FROZEN],
    group_name="release",
    owners=OWNERS,
    kinds={"duckdb"},
    description="定版：正式数、汇总、同比的内容散列与上次发布不同，才成为新的发布；没有变化的一夜不产生发布。",
)
def release(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Compare the night's figures with the last release."""
    closed = night.journal().of("night_closed")
    with writer(night.settings.build_file) as connection:
        content, record = decide_release(
            connection, night.settings.clock(), int(closed[-1]["sequence"]) if closed else 0
        )
    told = {"new_release": record["release_id"], "changed": record["changed"]} if record else {"new_release": "无"}
    return dg.MaterializeResult(metadata={"content_hash": content, **told})
