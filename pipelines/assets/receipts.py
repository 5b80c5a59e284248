"""Step 6: an answer to every submission and every file, into the outbox."""

from __future__ import annotations

import dagster as dg

from pipelines.answers import READS, write_receipts
from pipelines.assets.keys import OWNERS, RECEIPTS, table_key
from pipelines.resources import Night
from warehouse.connection import reader


@dg.asset(
    key=RECEIPTS,
    deps=[table_key(table) for table in READS],
    group_name="publication",
    owners=OWNERS,
    kinds={"html", "excel"},
    description="回执：给每份报表（网页、标注好的副本、JSON）和每个读不了的文件一份答复，写明哪一格有什么问题、怎样改正、何时以前。",
)
def receipts(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Write the receipts that changed."""
    settings = night.settings
    if not settings.receipts:
        return dg.MaterializeResult(metadata={"skipped": "GONGKAI_RECEIPTS=off"})
    with reader(settings.build_file) as connection:
        written = write_receipts(connection, settings)
    return dg.MaterializeResult(
        metadata={
            "receipts": written.receipts,
            "changed": written.changed,
            "outbox": dg.MetadataValue.path(settings.outbox),
        }
    )
