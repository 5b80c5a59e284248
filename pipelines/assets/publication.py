"""Step 7: the verified file is switched into place and the night is closed in the journal."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.keys import OWNERS, PUBLISHED, RECEIPTS, table_key
from pipelines.resources import Night
from pipelines.settings import now
from schemas.tables import TABLES
from warehouse.connection import reader
from warehouse.publish import FILE_NAME, publish


@dg.asset(
    key=PUBLISHED,
    deps=[RECEIPTS, *(table_key(table) for table in TABLES)],
    group_name="publication",
    owners=OWNERS,
    kinds={"duckdb", "parquet"},
    description="发布：复制、在新进程中逐列读回、落盘，然后切换 published/current；任何一步不成，昨夜的文件不动。",
)
def published_warehouse(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Publish the build and close the night."""
    settings = night.settings
    journal = night.journal()
    number = int(journal.of("night_opened")[-1]["night"])
    generation = publish(settings.build_file, settings.published, keep=settings.generations_kept)
    seen = {finding for entry in journal.of("night_closed") for finding in entry["new_findings"]}
    with reader(generation / FILE_NAME) as connection:
        findings = [str(row[0]) for row in connection.execute("SELECT finding_id FROM core.fct_finding").fetchall()]
        built_at = connection.execute("SELECT built_at FROM meta.build").fetchall()[0][0]
    journal.append(
        [
            {
                "event": "night_closed",
                "night": number,
                "at": built_at.isoformat(),
                "closed_at": now().isoformat(),
                "new_findings": sorted(set(findings) - seen),
                **night.knowledge.hashes(),
            }
        ]
    )
    size = (generation / FILE_NAME).stat().st_size
    return dg.MaterializeResult(
        metadata={
            "night": number,
            "generation": generation.name,
            "file": dg.MetadataValue.path(settings.published / "current" / FILE_NAME),
            "parquet": dg.MetadataValue.path(settings.published / "current" / "parquet"),
            "size_bytes": size,
        }
    )
