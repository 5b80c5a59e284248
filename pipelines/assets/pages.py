"""Step 6 too: the office's pages, from the night's tables."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.keys import OFFICE_PAGES, OWNERS, table_key
from pipelines.resources import Night
from pipelines.site.build import build_site
from pipelines.site.frame import HOME
from schemas.tables import TABLES
from warehouse.publish import CURRENT, SITE


@dg.asset(
    key=OFFICE_PAGES,
    deps=[table_key(table) for table in TABLES],
    group_name="publication",
    owners=OWNERS,
    kinds={"html"},
    description="网页：把当夜的数字写成可以直接打开、打印的网页，随发布放在 published/current/site；不联网，不含脚本。",
)
def office_pages(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Write the pages of this night."""
    settings = night.settings
    built = build_site(settings.build_file, settings.site)
    return dg.MaterializeResult(
        metadata={
            "pages": built.pages,
            "downloads": built.downloads,
            "size_bytes": built.size_bytes,
            "start": dg.MetadataValue.path(settings.published / CURRENT / SITE / HOME),
        }
    )
