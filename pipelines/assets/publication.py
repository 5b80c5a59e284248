"""Step 7: the verified file is switched into place and the night is closed in the journal."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.keys import OFFICE_PAGES, OWNERS, PUBLISHED, RECEIPTS, table_key
from pipelines.closing import close_night
from pipelines.releases import EVENT as RELEASE_MADE
from pipelines.releases import restore_copies
from pipelines.resources import Night
from schemas.tables import TABLES
from warehouse.publish import FILE_NAME, SITE, publish


@dg.asset(
    key=PUBLISHED,
    check_specs=[
        dg.AssetCheckSpec(
            "copies_as_made",
            asset=PUBLISHED,
            description="published/releases 里以前的发布都还是当初的内容；缺失或损坏的，已按存档重做",
        )
    ],
    deps=[RECEIPTS, OFFICE_PAGES, *(table_key(table) for table in TABLES)],
    group_name="publication",
    owners=OWNERS,
    kinds={"duckdb", "parquet"},
    description="发布：复制、在新进程中逐列读回、落盘，然后切换 published/current；任何一步不成，昨夜的文件不动。",
)
def published_warehouse(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Publish the build and close the night."""
    settings = night.settings
    generation = publish(settings.build_file, settings.published, keep=settings.generations_kept, site=settings.site)
    journal = night.journal()
    close_night(journal, generation / FILE_NAME, settings.clock)
    # a night makes the copy of its own release; the others were there, or somebody took or changed them
    made = restore_copies(journal, settings.published)
    night_of = {entry["release_id"]: entry["night"] for entry in journal.of(RELEASE_MADE)}
    tonight = int(journal.of("night_closed")[-1]["night"])
    restored = [release_id for release_id in made if night_of[release_id] != tonight]
    size = (generation / FILE_NAME).stat().st_size
    return dg.MaterializeResult(
        metadata={
            "night": tonight,
            "generation": generation.name,
            "file": dg.MetadataValue.path(settings.published / "current" / FILE_NAME),
            "parquet": dg.MetadataValue.path(settings.published / "current" / "parquet"),
            "site": dg.MetadataValue.path(settings.published / "current" / SITE),
            "size_bytes": size,
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="copies_as_made",
                passed=not restored,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"made_again": dg.MetadataValue.json(restored)},
            )
        ],
    )
