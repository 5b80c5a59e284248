"""The graph that the ops team sees, as data: assets, checks, job, schedule, executor."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml

from pipelines.answers import READS
from pipelines.assets.publication import page_link
from pipelines.checks import CHECKS, OURS
from pipelines.definitions import build_defs
from pipelines.instance import QUIET
from pipelines.knowledge import load_knowledge
from pipelines.lock import JOB_NAME
from pipelines.measures import MEASURES
from pipelines.resources import Night
from pipelines.schedules import published_by
from pipelines.settings import Settings
from schemas.tables import HISTORIES, TABLES
from tests.integration.night import new_home, rows
from warehouse.build import build_order, build_table

PROJECT = Path(__file__).parents[2]
PLACES = "core/dim_organ_year"
REVISED = "core/fct_finding core/fct_submission"
SCORED = "mart/assessment_deduction mart/assessment_rate"
ASSESSED = "core/submission_chain mart/assessment_rate mart/concept_organ mart/submission_status"
FILED = "core/fct_file core/fct_finding core/fct_submission"
# asset: (group, what it reads)
GRAPH = {
    "received_files": ("intake", ""),
    "earlier_releases": ("intake", "received_files"),
    "submitted_cells": ("intake", "received_files earlier_releases"),
    "rule_ledger": ("judging", "submitted_cells"),
    "core/dim_form": ("core", "rule_ledger"),
    "core/dim_deduction": ("core", "rule_ledger"),
    "core/dim_indicator": ("core", "rule_ledger"),
    "core/dim_organ": ("core", "rule_ledger"),
    "core/dim_organ_name": ("core", "rule_ledger"),
    "core/dim_organ_year": ("core", "rule_ledger"),
    "core/organ_event": ("core", "rule_ledger"),
    "core/dim_rule": ("core", "rule_ledger"),
    "core/reporting_duty": ("core", "rule_ledger"),
    "core/fct_file": ("core", "rule_ledger"),
    "core/fct_submission": ("core", "rule_ledger"),
    "core/fct_rule_outcome": ("core", "rule_ledger"),
    "core/rule_tally": ("core", "core/fct_rule_outcome"),
    "core/fct_finding": ("core", "rule_ledger"),
    "core/fct_cell": ("core", "core/fct_submission"),
    "core/official_cell": ("core", "core/fct_cell core/fct_submission"),
    "core/finding_history": ("core", "core/fct_finding"),
    "core/fct_decision": ("core", "core/fct_finding core/fct_submission"),
    "core/submission_chain": (
        "core",
        "core/fct_cell core/fct_decision core/fct_finding core/fct_submission",
    ),
    "core/finding_explanation": ("core", "core/fct_finding"),
    "core/finding_cell": ("core", "core/fct_finding core/fct_submission core/finding_explanation"),
    "mart/rollup_source": ("mart", "core/dim_organ core/dim_organ_year core/fct_submission core/reporting_duty"),
    "mart/slice_organ": ("mart", "mart/rollup_source"),
    "mart/city_rollup": ("mart", "core/official_cell mart/rollup_source mart/slice_organ"),
    "mart/comparison_base": ("mart", "mart/slice_organ"),
    "mart/year_over_year": ("mart", "mart/city_rollup mart/comparison_base mart/slice_organ"),
    "mart/contribution": ("mart", "core/official_cell mart/slice_organ mart/year_over_year"),
    "mart/year_over_year_like_for_like": (
        "mart",
        "core/official_cell mart/city_rollup mart/slice_organ mart/year_over_year",
    ),
    "mart/concept_organ": ("mart", "core/fct_submission core/official_cell"),
    "mart/concept_series": ("mart", "mart/city_rollup mart/comparison_base mart/concept_organ mart/slice_organ"),
    "mart/concept_contribution": ("mart", "mart/concept_organ mart/concept_series mart/slice_organ"),
    "mart/reported_vs_computed": (
        "mart",
        "core/dim_organ core/fct_submission core/official_cell mart/city_rollup",
    ),
    "mart/assessment_rate": ("mart", "core/fct_submission core/official_cell"),
    "mart/assessment_deduction": (
        "mart",
        f"core/dim_deduction core/dim_form core/fct_decision {REVISED} core/official_cell {ASSESSED}",
    ),
    "mart/assessment": (
        "mart",
        f"core/dim_deduction {PLACES} core/fct_submission core/reporting_duty {SCORED}",
    ),
    "mart/submission_status": (
        "mart",
        f"core/dim_organ core/dim_organ_year core/organ_event core/reporting_duty {FILED}",
    ),
    "meta/build": ("meta", "core/fct_cell core/fct_file"),
    "release": (
        "release",
        f"core/official_cell core/dim_organ {PLACES} core/reporting_duty mart/city_rollup mart/year_over_year",
    ),
    "meta/release": ("release", "release"),
    "core/official_cell_history": ("release", "core/official_cell meta/release"),
    "core/dim_organ_history": ("release", "core/dim_organ meta/release"),
    "mart/city_rollup_history": ("release", "mart/city_rollup meta/release"),
    "mart/year_over_year_history": ("release", "mart/year_over_year meta/release"),
    "mart/revision": (
        "release",
        f"{PLACES} {REVISED} core/official_cell core/reporting_duty mart/city_rollup meta/release",
    ),
    "mart/revision_rollup": ("release", "mart/city_rollup mart/year_over_year meta/release"),
    "receipts": ("publication", " ".join(table.replace(".", "/") for table in READS)),
    "office_pages": ("publication", " ".join(table.replace(".", "/") for table in TABLES)),
}
BLOCKING = {
    "earlier_releases": {"unchanged"},
    "submitted_cells": {"files_accounted", "cells_conserved"},
    "core/fct_submission": {"one_official"},
    "mart/city_rollup": {"slices_add_up", "organs_conserved", "cells_accounted"},
    "mart/contribution": {"adds_up_to_change"},
    "mart/concept_contribution": {"adds_up_to_change"},
    "mart/assessment": {"deductions_add_up", "score_within_bounds"},
    "mart/assessment_deduction": {"caps_kept"},
    "meta/build": {"conserved"},
    "mart/revision": {"deltas_add_up"},
    "mart/revision_rollup": {"is_the_difference"},
    **{history.replace(".", "/"): {"as_of_now_is_now"} for history in HISTORIES},
}
WARNING = {
    "received_files": {"all_folders_reached"},
    "core/fct_file": {"nothing_rejected"},
    "core/fct_submission": {"nothing_held"},
    "core/fct_finding": {"no_error_findings"},
    "core/fct_decision": {"decisions_apply"},
    "core/fct_rule_outcome": {f"family_{letter}" for letter in "fgmtaxnhsv"},
    "core/rule_tally": {"every_rule_in_scope"},
    "mart/city_rollup": {"complete"},
    "mart/contribution": {"revisions_have_an_organ"},
    "mart/concept_contribution": {"revisions_have_an_organ"},
    "mart/reported_vs_computed": {"agrees_with_published"},
    "published_warehouse": {"copies_as_made"},
}
PUBLISHED = "published_warehouse"


@cache
def repository() -> dg.RepositoryDefinition:
    return build_defs(Settings(home=Path("/nowhere"))).get_repository_def()


def assets() -> dict[str, Any]:
    graph = repository().asset_graph
    return {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}


def parents(name: str) -> set[str]:
    return {key.to_user_string() for key in assets()[name].parent_keys}


def checks() -> dict[tuple[str, str], dg.AssetCheckSpec]:
    graph = repository().asset_graph
    return {(key.asset_key.to_user_string(), key.name): graph.get_check_spec(key) for key in graph.asset_check_keys}


# assets


def test_the_assets_are_those_of_the_walk() -> None:
    assert assets().keys() == GRAPH.keys() | {PUBLISHED}
    assert {name.replace("/", ".") for name in GRAPH if "/" in name} == set(TABLES)


@pytest.mark.parametrize("name", GRAPH)
def test_an_asset_stands_in_its_group_after_what_it_reads(name: str) -> None:
    group, upstream = GRAPH[name]
    assert assets()[name].group_name == group
    assert parents(name) == set(upstream.split())


def test_publication_waits_for_everything_that_is_written() -> None:
    assert assets()[PUBLISHED].group_name == "publication"
    assert parents(PUBLISHED) == {name for name in GRAPH if "/" in name} | {"receipts", "office_pages"}


def test_a_layer_is_one_step() -> None:
    steps: dict[str, set[str]] = {}
    for definition in repository().assets_defs_by_key.values():
        steps[definition.node_def.name] = {key.to_user_string() for key in definition.keys}
    for layer in ("core", "mart", "meta", "release"):
        tables = {name for name, (group, _) in GRAPH.items() if group == layer and "/" in name}
        assert steps[f"{layer}_tables"] == tables
    assert len(steps) == 8 + 4


@pytest.mark.parametrize("name", [*GRAPH, PUBLISHED])
def test_an_asset_says_in_chinese_what_it_is_and_whose(name: str) -> None:
    node = assets()[name]
    assert re.search(r"[\u4e00-\u9fff]{2,}", node.description or "")
    assert list(node.owners) == ["team:gongkai"]
    assert node.kinds


@pytest.mark.parametrize("table", TABLES)
def test_a_table_shows_its_columns_and_key(table: str) -> None:
    metadata = assets()[table.replace(".", "/")].metadata
    shown = metadata["dagster/column_schema"]
    assert [column.name for column in shown.columns] == list(TABLES[table].columns)
    assert metadata["key"].split(", ") == TABLES[table].metadata["key"]


def test_only_the_step_that_reads_the_shared_folder_is_retried() -> None:
    retried = {
        definition.node_def.name: definition.op.retry_policy.max_retries
        for definition in repository().assets_defs_by_key.values()
        if definition.op.retry_policy is not None
    }
    assert retried == {"received_files": 3}


# checks


def test_the_checks_and_which_of_them_block() -> None:
    expected = {(table.replace(".", "/"), "contract"): True for table in TABLES}
    expected |= {(name, check): True for name, found in BLOCKING.items() for check in found}
    expected |= {(name, check): False for name, found in WARNING.items() for check in found}
    assert {key: spec.blocking for key, spec in checks().items()} == expected
    assert len(expected) == 44 + 19 + 21


def test_a_check_that_does_not_block_says_what_to_do_about_it() -> None:
    assert all(re.search(r"[\u4e00-\u9fff]{2,}", check.what_to_do) for check in CHECKS)
    assert [check.name for check in CHECKS if (check.what_to_do == OURS) != check.is_blocking] == []


def test_every_check_says_in_chinese_what_must_hold_and_what_to_do() -> None:
    told = r"[^\n]*[\u4e00-\u9fff]{2,}[^\n]*。\n\n\*\*不通过时：\*\* .*[\u4e00-\u9fff]{5,}"
    assert [key for key, spec in checks().items() if not re.match(told, spec.description or "", re.DOTALL)] == []


# job, schedule, executor


def test_one_job_runs_everything_and_one_answers_new_files() -> None:
    answers, job = sorted(
        (job for job in repository().get_all_jobs() if not job.name.startswith("__")), key=lambda job: job.name
    )
    assert answers.name == "answer_new_files"
    assert answers.executor_def.name == "in_process"
    assert job.name == JOB_NAME == "nightly"
    assert {key.to_user_string() for key in job.asset_layer.selected_asset_keys} == GRAPH.keys() | {PUBLISHED}
    assert job.asset_layer.asset_graph.asset_check_keys == repository().asset_graph.asset_check_keys
    assert "每夜" in (job.description or "")


def test_a_night_is_one_process() -> None:
    job = repository().get_job(JOB_NAME)
    assert job.executor_def.name == dg.in_process_executor.name == "in_process"


def test_the_one_schedule_is_two_at_night_in_shanghai_and_on_and_without_a_channel_no_sensor_is() -> None:
    (schedule,) = repository().schedule_defs
    assert schedule.name == "nightly_schedule"
    assert schedule.job_name == JOB_NAME
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Asia/Shanghai"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert {sensor.name: sensor.default_status for sensor in repository().sensor_defs} == dict.fromkeys(
        ("failed_run_news", "stale_figures_news", "daily_digest", "news_delivery", "inbox_answers"),
        dg.DefaultSensorStatus.STOPPED,
    )


def test_another_installation_starts_at_its_own_time() -> None:
    definitions = build_defs(Settings(home=Path("/nowhere"), cron="15 3 * * *"))
    (schedule,) = definitions.get_repository_def().schedule_defs
    assert schedule.cron_schedule == "15 3 * * *"


# numbers over time


@pytest.mark.parametrize("table", MEASURES)
def test_a_number_is_taken_from_tables_that_are_there_by_then(table: str) -> None:
    order = build_order()
    there = order[: order.index(table) + 1]
    assert set(re.findall(r"(?:FROM|JOIN) ((?:core|mart|meta)\.\w+)", MEASURES[table])) <= set(there)


# freshness


@pytest.mark.parametrize(
    ("cron", "deadline"),
    [
        ("0 2 * * *", "0 6 * * *"),
        ("30 1 * * 1-5", "30 5 * * 1-5"),
        ("0 2,14 * * *", "0 6,18 * * *"),
        ("15 23 * * *", "15 3 * * *"),
    ],
)
def test_the_publication_is_due_four_hours_after_the_night_began(cron: str, deadline: str) -> None:
    definitions = build_defs(Settings(home=Path("/nowhere"), cron=cron))
    graph = definitions.get_repository_def().asset_graph
    assert graph.get(dg.AssetKey(PUBLISHED)).freshness_policy == dg.FreshnessPolicy.cron(
        deadline_cron=deadline, lower_bound_delta=timedelta(hours=4), timezone="Asia/Shanghai"
    )


@pytest.mark.parametrize("cron", ["0 */6 * * *", "0 23 * * 1-5", "@daily"])
def test_where_the_time_cannot_be_moved_a_day_and_four_hours_is_too_old(cron: str) -> None:
    policy = published_by(Settings(home=Path("/nowhere"), cron=cron))
    assert policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=28))


def test_only_the_publication_has_to_be_fresh_and_the_instance_looks() -> None:
    assert [name for name, node in assets().items() if node.freshness_policy] == [PUBLISHED]
    config = yaml.safe_load((PROJECT / "pipelines" / "dagster.yaml").read_text(encoding="utf-8"))
    assert config["freshness"] == {"enabled": True}


# links


def test_the_page_is_a_path_or_where_a_web_server_shows_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert dict(page_link(settings)) == {}
    page = tmp_path / "published" / "current" / "site" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()
    assert dict(page_link(settings)) == {"page": dg.MetadataValue.path(page)}
    served = replace(settings, pages_url="https://gongkai.example.gov.cn/pages")
    assert dict(page_link(served)) == {"page": dg.MetadataValue.url("https://gongkai.example.gov.cn/pages/index.html")}


# overrides


def test_resources_and_the_way_of_building_can_be_replaced(tmp_path: Path) -> None:
    unused, used = Settings(home=tmp_path / "unused"), new_home(tmp_path / "used")
    built: list[str] = []

    def build(connection: duckdb.DuckDBPyConnection, table: str) -> int:
        built.append(table)
        return build_table(connection, table)

    night = dg.ResourceDefinition(resource_fn=lambda _: Night(used, load_knowledge()))
    definitions = build_defs(unused, resources={"night": night}, build=build)
    with dg.DagsterInstance.ephemeral() as instance:
        assert definitions.resolve_job_def(JOB_NAME).execute_in_process(instance=instance, run_config=QUIET).success
    assert not unused.home.exists()
    assert rows(used, "SELECT night, files_received FROM meta.build") == [(1, 0)]
    assert sorted(built) == sorted(TABLES)


def test_a_resource_may_be_added_beside_the_night() -> None:
    definitions = build_defs(Settings(home=Path("/nowhere")), resources={"mail": dg.ResourceDefinition.none_resource()})
    assert definitions.get_repository_def().get_top_level_resources().keys() == {"night", "mail"}


# loading


def test_the_workspace_loads(tmp_path: Path) -> None:
    (tmp_path / "dagster").mkdir()
    done = subprocess.run(
        [str(Path(sys.executable).parent / "dagster"), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=PROJECT,
        env=os.environ | {"GONGKAI_HOME": str(tmp_path / "home"), "DAGSTER_HOME": str(tmp_path / "dagster")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "All code locations passed validation" in said
    assert "gongkai" in said
    # looking at it writes nothing
    assert not (tmp_path / "home").exists()
