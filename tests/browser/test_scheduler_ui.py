"""The real web server and the real daemon in Chromium: the schedule ticks, its run and its checks are seen, and a
broken contract shows red. Set GONGKAI_SHOTS to a folder to keep pictures of what was seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from pipelines.lock import JOB_NAME
from pipelines.seeding import seed_if_empty
from pipelines.settings import Settings
from tests.browser.chromium import needs_chromium
from tests.integration.night import new_home
from tests.operations.services import GONGKAI, PROJECT, answers, environment, free_port, running, wait_for

pytestmark = needs_chromium
BREAKABLE = PROJECT / "tests" / "browser" / "breakable_workspace.yaml"
AS_GONGKAI = "import pipelines.instance, pathlib, sys; pipelines.instance.WORKSPACE = pathlib.Path(sys.argv.pop(1));"
"""the command line with another workspace than the one that it ships"""
SELECTOR = 'repositoryLocationName: "gongkai", repositoryName: "__repository__"'
SCHEDULE = f'{{{SELECTOR}, scheduleName: "nightly_schedule"}}'
LAUNCH = f"""
mutation {{ launchRun(executionParams: {{
    selector: {{{SELECTOR}, jobName: "{JOB_NAME}"}}, runConfigData: "{{}}", mode: "default"
}}) {{ __typename ... on LaunchRunSuccess {{ run {{ runId }} }} }} }}
"""
SIGNS = ("daemon", "published", "last_run", "lock", "disk")
SECONDS = 1000
"""milliseconds, as Playwright counts"""


@dataclass
class Seen:
    """What the pages did besides being shown."""

    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Installation:
    """An installation whose nights begin every minute, and its pages."""

    settings: Settings
    url: str
    instance: dg.DagsterInstance
    log: Path

    def run(self, *statuses: dg.DagsterRunStatus) -> dg.DagsterRun:
        """The night that has come to one of these states, and waited for if it has not yet."""
        wanted = dg.RunsFilter(job_name=JOB_NAME, statuses=list(statuses))
        wait_for(lambda: self.instance.get_runs_count(wanted) > 0, 300, self.log)
        return next(iter(self.instance.get_runs(wanted)))

    def ask(self, query: str) -> Any:
        """What the pages' own interface answers."""
        answer = requests.post(f"{self.url}/graphql", json={"query": query}, timeout=60).json()
        assert "errors" not in answer
        return answer["data"]

    def health(self) -> tuple[int, dict[str, bool]]:
        """The exit code of ``gongkai health`` and its signs."""
        done = subprocess.run(
            [*GONGKAI, "health", "--json", "--min-free-gb", "0"],
            env=environment(self.settings.home),
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            check=False,
            timeout=120,
        )
        return done.returncode, {sign["name"]: sign["ok"] for sign in json.loads(done.stdout)["signs"]}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("scheduler")
    settings = new_home(folder / "home")
    assert seed_if_empty(PROJECT / "samples", settings.inbox) > 100
    port = free_port()
    services = environment(settings.home, GONGKAI_CRON="* * * * *", GONGKAI_RECEIPTS="off")
    program = [sys.executable, "-c", f"{AS_GONGKAI} from pipelines.cli import main; main()", str(BREAKABLE)]
    with ExitStack() as stack:
        for name, options in (("daemon", ()), ("web", ("--port", str(port)))):
            stack.enter_context(running([*program, name, *options], services, folder / f"{name}.log"))
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{url}/server_info"), 300, folder / "web.log")
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(settings.dagster_home)))
        yield Installation(settings, url, instance, folder / "daemon.log")


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture
def page(browser: Browser, seen: Seen) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1500, "height": 1000}, locale="zh-CN")
    opened.on("request", lambda request: seen.hosts.update(filter(None, [urlsplit(request.url).hostname])))
    opened.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: seen.complaints.append(str(error)))
    yield opened
    opened.close()


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("GONGKAI_SHOTS"):
        page.wait_for_timeout(1 * SECONDS)
        page.screenshot(path=f"{folder}/e2e-{name}.png")


# in this order: a night takes time


def test_the_schedule_ticks_and_its_run_appears(installation: Installation, page: Page) -> None:
    run = installation.run(*dg.DagsterRunStatus)
    # one tick is enough: the next would cover what this one showed
    found = installation.ask(f"{{ scheduleOrError(scheduleSelector: {SCHEDULE}) {{ ... on Schedule {{ id }} }} }}")
    stop = f'mutation {{ stopRunningSchedule(id: "{found["scheduleOrError"]["id"]}") {{ __typename }} }}'
    assert installation.ask(stop) == {"stopRunningSchedule": {"__typename": "ScheduleStateResult"}}
    installation.run(dg.DagsterRunStatus.SUCCESS)
    page.goto(f"{installation.url}/runs")
    expect(page.get_by_role("link", name=f"run {run.run_id[:8]}")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_role("link", name="nightly_schedule")).to_be_visible()
    expect(page.get_by_text("Success", exact=True)).to_be_visible()
    shoot(page, "runs")
    assert installation.health() == (0, dict.fromkeys(SIGNS, True))


def test_the_checks_of_the_night_are_seen(installation: Installation, page: Page) -> None:
    page.goto(f"{installation.url}/assets/core/fct_submission?view=checks&checkDetail=one_official")
    expect(page.get_by_text("每个机构、年度、表样至多一份正式数")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text("Passed").first).to_be_visible()
    shoot(page, "check")


def test_the_asset_graph_tells_the_way_of_a_night(installation: Installation, page: Page) -> None:
    page.goto(f"{installation.url}/asset-groups")
    for group in ("intake", "judging", "core", "mart", "publication"):
        expect(page.locator("svg").get_by_text(group, exact=True)).to_be_visible(timeout=60 * SECONDS)
    shoot(page, "asset-graph")


def test_a_broken_contract_shows_red_and_nothing_is_published(installation: Installation, page: Page) -> None:
    before = (installation.settings.published / "current").resolve()
    (installation.settings.home / "break").touch()
    launched = installation.ask(LAUNCH)["launchRun"]
    run = installation.run(dg.DagsterRunStatus.FAILURE)
    assert launched == {"__typename": "LaunchRunSuccess", "run": {"runId": run.run_id}}
    page.goto(f"{installation.url}/runs/{run.run_id}")
    expect(page.get_by_text("Failure", exact=True).first).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text("core_tables").first).to_be_visible()
    shoot(page, "failed-run")
    page.goto(f"{installation.url}/assets/core/fct_cell?view=checks&checkDetail=contract")
    expect(page.get_by_text("Failed").first).to_be_visible(timeout=60 * SECONDS)
    # the first rows that are wrong
    expect(page.get_by_text("invented").first).to_be_visible()
    shoot(page, "failed-check")
    assert (installation.settings.published / "current").resolve() == before
    assert installation.health() == (1, dict.fromkeys(SIGNS, True) | {"last_run": False})


def test_nothing_is_asked_of_another_host_and_nothing_complains(seen: Seen) -> None:
    assert seen.hosts == {"127.0.0.1"}
    assert seen.complaints == []
