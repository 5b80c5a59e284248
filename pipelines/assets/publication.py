"""Step 7: the verified file is switched into place and the night is closed in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import dagster as dg

from pipelines.assets.keys import OFFICE_PAGES, OWNERS, PUBLISHED, RECEIPTS, described, table_key
from pipelines.closing import close_night
from pipelines.measures import MEASURES, measured
from pipelines.releases import EVENT as RELEASE_MADE
from pipelines.releases import restore_copies
from pipelines.resources import Night
from pipelines.settings import PROJECT, Settings
from schemas.tables import TABLES
from warehouse.connection import reader
from warehouse.publish import CURRENT, FILE_NAME, SITE, publish

_MADE_AGAIN: Final = "以前的发布被人改动或删除，已按存档重做。请查谁能写 `published/`：只该是夜间任务。"
_DICTIONARY: Final = PROJECT / "docs" / "dictionary.md"


@dg.asset(
    key=PUBLISHED,
    check_specs=[
        dg.AssetCheckSpec(
            "copies_as_made",
            asset=PUBLISHED,
            description=described("published/releases 里以前的发布都还是当初的内容", _MADE_AGAIN),
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
    opened = datetime.fromisoformat(journal.of("night_opened")[-1]["at"])
    with reader(generation / FILE_NAME) as connection:
        measures = {name: number for table in MEASURES for name, number in measured(connection, table).items()}
    return dg.MaterializeResult(
        metadata={
            "night": tonight,
            "generation": generation.name,
            **dict(_places(settings)),
            "size_bytes": (generation / FILE_NAME).stat().st_size,
            "night_seconds": int((settings.clock() - opened).total_seconds()),
            **measures,
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="copies_as_made",
                passed=not restored,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"rows": len(restored), "made_again": dg.MetadataValue.json(restored)},
            )
        ],
    )


def _places(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Where people find what was published; a page only where it was built."""
    current = settings.published / CURRENT
    yield "file", dg.MetadataValue.path(current / FILE_NAME)
    yield "parquet", dg.MetadataValue.path(current / "parquet")
    yield "outbox", dg.MetadataValue.path(settings.outbox)
    yield from page_link(settings)
    if _DICTIONARY.exists():
        yield "dictionary", dg.MetadataValue.path(_DICTIONARY)


def page_link(settings: Settings) -> Iterator[tuple[str, Any]]:
    """The office's page: a link where a web server shows it (GONGKAI_PAGES_URL), a path elsewhere."""
    page = settings.published / CURRENT / SITE / "index.html"
    if page.exists():
        shown = dg.MetadataValue.url(f"{settings.pages_url}/{page.name}") if settings.pages_url else None
        yield "page", shown or dg.MetadataValue.path(page)
