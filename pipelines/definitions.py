"""The code location: every asset, check, job and schedule, assembled by one function.

Belongs here: assembly. A test or another installation calls ``build_defs`` with settings and overrides of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipelines.assets.archive import received_files
from pipelines.assets.cells import submitted_cells
from pipelines.assets.ledger import rule_ledger
from pipelines.assets.pages import office_pages
from pipelines.assets.publication import published_warehouse
from pipelines.assets.receipts import receipts
from pipelines.assets.releases import earlier_releases, release
from pipelines.assets.tables import BuildTable, table_assets
from pipelines.jobs import answer_job
from pipelines.lock import JOB_NAME
from pipelines.news.settings import NewsSettings, wants_news
from pipelines.resources import night_resource
from pipelines.schedules import nightly_schedule, published_by
from pipelines.sensors import ReadNews, inbox_sensor, news_sensors
from pipelines.settings import Settings, SettingsError
from warehouse.build import LAYERS, build_table


def build_defs(
    settings: Settings,
    *,
    resources: Mapping[str, Any] | None = None,
    build: BuildTable = build_table,
    read_news: ReadNews = NewsSettings.from_environment,
    tells_news: bool = False,
) -> dg.Definitions:
    """The definitions of one installation.

    ``resources`` replaces or adds resources by name; ``build`` replaces how a table is built. ``tells_news``: the
    sensors that tell are on from the start, with what ``read_news`` gives at each of their ticks.
    """
    schedule = nightly_schedule(settings)
    freshness = published_by(settings)
    answering = answer_job(settings)
    return dg.Definitions(
        assets=[
            received_files,
            earlier_releases,
            submitted_cells,
            rule_ledger,
            release,
            *(table_assets(layer, build) for layer in LAYERS),
            receipts,
            office_pages,
            published_warehouse.map_asset_specs(lambda spec: spec.replace_attributes(freshness_policy=freshness)),
        ],
        jobs=[
            dg.define_asset_job(
                JOB_NAME,
                selection=dg.AssetSelection.all(),
                description="每夜：收件、读数、判定、汇总、回执、网页、发布",
            ),
            answering,
        ],
        schedules=[schedule],
        sensors=[*news_sensors(settings, read_news, is_on=tells_news), inbox_sensor(settings, answering)],
        resources={"night": night_resource(settings), **(resources or {})},
        # one process, one writer: parallelism belongs to reading and to the database engine
        executor=dg.in_process_executor,
    )


def _tells_news() -> bool:
    """Whether a channel is named. A mistake is logged, and told by every tick; the night goes on without news."""
    try:
        NewsSettings.from_environment()
    except SettingsError as error:
        logging.getLogger(__name__).warning("%s", error)
    return wants_news()


defs = build_defs(Settings.from_environment(), tells_news=_tells_news())
