"""Step 1: what lies in the inbox goes into the archive and the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import dagster as dg

from pipelines.assets.keys import OWNERS, RECEIVED_FILES, described
from pipelines.closing import close_night
from pipelines.intake import shown, take_in
from pipelines.resources import Night

_MOST_LISTED: Final = 100
"""paths that the page lists; their number is told in full"""
_UNREACHABLE: Final = "今夜没有收这些文件夹：请让运行任务的用户能读；链接来的一律不进，请换成真正的文件夹。"


@dg.asset(
    key=RECEIVED_FILES,
    group_name="intake",
    owners=OWNERS,
    kinds={"file"},
    description="收件：把收件箱和办公室决定里新收到的文件按内容存档并记入流水；收件箱本身不改动。",
    check_specs=[
        dg.AssetCheckSpec(
            "all_folders_reached",
            asset=RECEIVED_FILES,
            description=described("收件箱里没有打不开的文件夹，也没有链接来的文件夹", _UNREACHABLE),
        )
    ],
    # the shared folder may be away for a moment; nothing else in the night is retried, a bad submission is data
    retry_policy=dg.RetryPolicy(max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL),
)
def received_files(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Archive and journal what is new in the inbox."""
    settings = night.settings
    if not settings.inbox.is_dir():
        raise dg.Failure(f"{settings.inbox} is not there: create it, or point GONGKAI_HOME at the right folder")
    journal = night.journal()
    close_night(journal, settings.published_file, settings.clock)
    intake = take_in(settings, journal)
    return dg.MaterializeResult(
        metadata={
            "night": intake.night,
            "new_files": len(intake.new),
            "new_decisions": sum(len(entry["rows"]) for entry in intake.decisions),
            "unchanged_files": intake.unchanged,
            "ignored_files": intake.ignored,
            "still_being_written": len(intake.deferred),
            "beyond_the_bound": len(intake.beyond),
            "left_for_the_next_night": _listed((*intake.deferred, *intake.beyond)),
            "unreachable": _listed(intake.unreachable),
            "inbox": dg.MetadataValue.path(settings.inbox),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="all_folders_reached",
                passed=not intake.unreachable,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"rows": len(intake.unreachable), "folders": _listed(intake.unreachable)},
            )
        ],
    )


def _listed(paths: Sequence[str]) -> dg.JsonMetadataValue:
    return dg.MetadataValue.json([shown(path) for path in paths[:_MOST_LISTED]])
