"""Step 2: new files are read to cells, and everything ever received is staged in a fresh build database."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.keys import EARLIER_RELEASES, OWNERS, RECEIVED_FILES, SUBMITTED_CELLS, described
from pipelines.checks import OURS
from pipelines.parse_cache import read_new
from pipelines.resources import Night
from pipelines.staging import Staged, stage_night
from warehouse.connection import writer


@dg.asset(
    key=SUBMITTED_CELLS,
    deps=[RECEIVED_FILES, EARLIER_RELEASES],
    group_name="intake",
    owners=OWNERS,
    kinds={"python", "pandera"},
    description="读数：把新文件读成单元格（原文、工作表、地址、数值、状态），一次校验，并载入当夜的建库文件。",
    check_specs=[
        dg.AssetCheckSpec(
            "files_accounted",
            asset=SUBMITTED_CELLS,
            blocking=True,
            description=described("收到的文件数 = 有结果的文件数", OURS),
        ),
        dg.AssetCheckSpec(
            "cells_conserved",
            asset=SUBMITTED_CELLS,
            blocking=True,
            description=described("读出的格数 = 载入的格数", OURS),
        ),
    ],
)
def submitted_cells(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Read what is new, stage everything."""
    settings = night.settings
    journal = night.journal()
    parsed = read_new(settings, journal)
    settings.build_file.parent.mkdir(parents=True, exist_ok=True)
    for leftover in settings.build_file.parent.glob(settings.build_file.name + "*"):
        leftover.unlink()
    with writer(settings.build_file) as connection:
        staged = stage_night(connection, journal, parsed.folder, night.knowledge)
    return dg.MaterializeResult(
        metadata={
            "files_read_tonight": parsed.files_read,
            "cells_read_tonight": parsed.cells_read,
            "files": staged.files_received,
            "submissions": staged.submissions,
            "dagster/row_count": staged.cells_stored,
            "problems": staged.problems,
        },
        check_results=_conservation(staged),
    )


def _conservation(staged: Staged) -> list[dg.AssetCheckResult]:
    return [
        _conserved("files_accounted", received=staged.files_received, accounted=staged.files_accounted),
        _conserved("cells_conserved", read=staged.cells_read, stored=staged.cells_stored),
    ]


def _conserved(name: str, **counts: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(check_name=name, passed=len(set(counts.values())) == 1, metadata=counts)
