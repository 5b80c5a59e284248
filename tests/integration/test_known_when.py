"""What was known when: releases, looks back, revisions and replay, on a story of nights in a small city.

The city has four leaves; 2016 is on file (10, 20, 4 and 5 documents opened), 2017 comes in, late and corrected.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.journal import FILE_NAME as JOURNAL
from pipelines.journal import Journal
from pipelines.knowledge import Knowledge, load_knowledge
from pipelines.settings import Settings
from schemas.rule import rules_hash
from schemas.tables import HISTORIES, TABLES
from schemas.witness import load_witnesses
from tests.integration.night import differing_tables, drop, new_home, published, rows, run_night
from tests.integration.small_city import FIRST, FOURTH, SECOND, THIRD, report, write_register
from warehouse.build import build_table
from warehouse.connection import reader, writer
from warehouse.publish import FILE_NAME, SITE

OPENED = "indicator_code = 'fj_open_total' AND measure = 'annual'"
CITY_TOTALS = f"SELECT report_year, value FROM mart.city_rollup WHERE slice_kind = 'city' AND {OPENED} ORDER BY 1"
HEADER = "receipt_no,finding_id,decision,reason,signed_by,signed_on\n"
"""columns of meta.build that are about the night itself"""


@dataclass
class Clock:
    """A clock that stands where it is put."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time


@dataclass
class Story:
    """The home after all nights, and what was kept on the way."""

    settings: Settings
    clock: Clock
    knowledge: Knowledge
    released: list[tuple[str, ...]]
    """the releases after each night"""
    folder: Path

    def night(self, at: str) -> None:
        self.clock.time = datetime.fromisoformat(at)
        assert run_night(self.settings, knowledge=self.knowledge).success
        self.released.append(tuple(row[0] for row in rows(self.settings, "SELECT release_id FROM meta.release")))


def without(knowledge: Knowledge, rule_id: str) -> Knowledge:
    """The catalogue with one rule less."""
    rules = tuple(rule for rule in knowledge.rules if rule.rule_id != rule_id)
    assert len(rules) == len(knowledge.rules) - 1
    hashes = {**knowledge.hashes, "rules_hash": rules_hash(rules, load_witnesses())}
    return replace(knowledge, rules=rules, hashes=hashes)


def told(folder: Path) -> Story:
    """Eight nights: late, unchanged, corrected, held, accepted, another rule, a merger."""
    clock = Clock(datetime(2018, 1, 10, 2))
    settings = new_home(folder / "home", write_register(folder / "register"), clock)
    story = Story(settings, clock, load_knowledge(settings.register), [], folder)
    for organ, before, opened in ((FIRST, 10, 12), (SECOND, 20, 15), (FOURTH, 5, 5)):
        drop(settings, f"{organ}/2016.xlsx", report(organ, 2016, before), "2018-01-05T10:00:00")
        drop(settings, f"{organ}/2017.xlsx", report(organ, 2017, opened, before), "2018-01-05T10:00:00")
    drop(settings, f"{THIRD}/2016.xlsx", report(THIRD, 2016, 4), "2018-01-05T10:00:00")
    story.night("2018-01-10T02:00:00")
    story.night("2018-01-11T02:00:00")
    # late, and 2017 is whole: 36 documents, 3 less than the year before
    drop(settings, f"{THIRD}/2017.xlsx", report(THIRD, 2017, 4, 4), "2018-02-19T10:00:00")
    story.night("2018-02-20T02:00:00")
    # corrected: 42 documents, 3 more than the year before
    drop(settings, f"{SECOND}/2017b.xlsx", report(SECOND, 2017, 21, 20), "2018-02-28T10:00:00")
    story.night("2018-03-01T02:00:00")
    # two that are held
    for organ, opened, before in ((FIRST, 13, 10), (FOURTH, 7, 5)):
        drop(settings, f"{organ}/2017b.xlsx", report(organ, 2017, opened, before, 5), "2018-03-04T10:00:00")
    story.night("2018-03-05T02:00:00")
    # one of them is accepted as it is
    waived = rows(
        settings,
        "SELECT s.receipt_no, f.finding_id FROM core.fct_finding AS f JOIN core.fct_submission AS s"
        " USING (submission_id) WHERE f.severity = 'error' AND f.state = 'open'"
        f" AND s.organ_code = '{FIRST}'",
    )
    settings.decisions.mkdir(exist_ok=True)
    (settings.decisions / "三月.csv").write_text(
        HEADER
        + "".join(f"{receipt},{finding},accept_as_printed,原表如此,张三,2018-03-05\n" for receipt, finding in waived),
        encoding="utf-8",
    )
    story.night("2018-03-06T02:00:00")
    # F01 is struck out of the catalogue: the other counts too
    story.knowledge = without(story.knowledge, "F01")
    story.night("2018-03-10T02:00:00")
    # it becomes known that the first took over the third at the end of 2016
    story.settings = replace(settings, register=write_register(folder / "merged", third_ends=2016))
    story.knowledge = without(load_knowledge(story.settings.register), "F01")
    story.night("2018-04-01T02:00:00")
    return story


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


def as_of(story: Story, macro: str, day: str, where: str, columns: str = "value") -> list[tuple[Any, ...]]:
    return rows(story.settings, f"SELECT {columns} FROM {macro}('{day}') WHERE {where} ORDER BY ALL")


# releases


def test_a_night_that_changes_nothing_makes_no_release(story: Story) -> None:
    assert [len(releases) for releases in story.released] == [1, 1, 2, 3, 3, 4, 5, 6]
    # and what was released keeps its name
    assert all(story.released[-1][: len(earlier)] == earlier for earlier in story.released)


def test_the_releases_are_listed_with_what_changed(story: Story) -> None:
    found = rows(story.settings, "SELECT release_no, night, released_at, changed FROM meta.release ORDER BY 1")
    assert [row[:3] for row in found] == [
        (1, 1, datetime(2018, 1, 10, 2)),
        (2, 3, datetime(2018, 2, 20, 2)),
        (3, 4, datetime(2018, 3, 1, 2)),
        (4, 6, datetime(2018, 3, 6, 2)),
        (5, 7, datetime(2018, 3, 10, 2)),
        (6, 8, datetime(2018, 4, 1, 2)),
    ]
    assert found[0][3] == "首次发布"
    assert found[4][3].endswith("；规则有变")
    assert found[5][3].endswith("；名录有变")
    ids = rows(story.settings, "SELECT release_id, release_no, content_hash FROM meta.release")
    assert [row[0] for row in ids] == [f"R{number:04}-{content[:8]}" for _, number, content in ids]
    assert rows(
        story.settings, "SELECT official_cells, rollup_rows, year_over_year_rows FROM meta.release WHERE release_no = 6"
    ) == rows(
        story.settings,
        "SELECT (SELECT count(*) FROM core.official_cell), (SELECT count(*) FROM mart.city_rollup),"
        " (SELECT count(*) FROM mart.year_over_year)",
    )


def test_a_release_is_a_frozen_publication(story: Story) -> None:
    folder = story.settings.published / "releases" / story.released[-1][1]
    assert {path.stat().st_mode & 0o222 for path in (folder, *folder.rglob("*"))} == {0}
    assert (folder / "parquet" / "mart" / "city_rollup.parquet").is_file()
    with reader(folder / FILE_NAME) as connection:
        assert connection.execute(CITY_TOTALS).fetchall() == [(2016, 39), (2017, 36)]
        assert connection.execute("SELECT name FROM core.dim_organ WHERE valid_to_year = 2016").fetchall() == []
        # a release is kept for ever: its columns fill no blocks of the usual size
        assert connection.execute("SELECT block_size FROM pragma_database_size()").fetchall()[0] == (16384,)


# known when


@pytest.mark.parametrize(
    ("day", "in_2017", "cell", "change"),
    [
        ("2018-01-09", [], [], []),
        ("2018-01-10", [(32,)], [(15,)], [(None,)]),
        ("2018-02-19", [(32,)], [(15,)], [(None,)]),
        ("2018-02-20", [(36,)], [(15,)], [(-3,)]),
        ("2018-03-05", [(42,)], [(21,)], [(3,)]),
        ("2018-03-06", [(43,)], [(21,)], [(4,)]),
        ("2018-03-31", [(45,)], [(21,)], [(6,)]),
        ("2018-04-01", [(41,)], [(21,)], [(2,)]),
        ("2099-01-01", [(41,)], [(21,)], [(2,)]),
    ],
)
def test_what_was_official_on_a_day(story: Story, day: str, in_2017: Any, cell: Any, change: Any) -> None:
    city = f"report_year = 2017 AND slice_kind = 'city' AND {OPENED}"
    assert as_of(story, "mart.city_rollup_as_of", day, city) == in_2017
    organ = f"report_year = 2017 AND organ_code = '{SECOND}' AND {OPENED}"
    assert as_of(story, "core.official_cell_as_of", day, organ) == cell
    assert as_of(story, "mart.year_over_year_as_of", day, city, "change") == change


def test_the_organs_are_those_of_the_day(story: Story) -> None:
    third = f"organ_code = '{THIRD}'"
    assert as_of(story, "core.dim_organ_as_of", "2018-03-31", third, "valid_to_year") == [(None,)]
    assert as_of(story, "core.dim_organ_as_of", "2018-04-01", third, "valid_to_year") == [(2016,)]


@pytest.mark.parametrize("of", HISTORIES.values())
def test_a_look_back_has_the_columns_of_the_table_and_says_what_it_is(story: Story, of: str) -> None:
    shape = "SELECT column_name, column_type FROM (DESCRIBE FROM {})"
    assert rows(story.settings, shape.format(f"{of}_as_of(DATE '2018-03-01')")) == rows(
        story.settings, shape.format(of)
    )
    today = f"FROM {of}_as_of(TIMESTAMP '2018-04-01 00:00:00')"
    assert rows(story.settings, f"SELECT count(*) FROM ({today} EXCEPT ALL FROM {of})") == [(0,)]
    assert rows(story.settings, f"SELECT count(*) FROM (FROM {of} EXCEPT ALL {today})") == [(0,)]
    name = of.split(".")[1]
    ((comment,),) = rows(story.settings, f"SELECT comment FROM duckdb_functions() WHERE function_name = '{name}_as_of'")
    assert "as of the last publication closed on or before the end of day d" in comment


def test_a_look_back_is_what_the_release_says(story: Story) -> None:
    for number, day in enumerate(("2018-01-10", "2018-02-20", "2018-03-01", "2018-03-06", "2018-03-10")):
        folder = story.settings.published / "releases" / story.released[-1][number]
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"ATTACH '{published(story.settings)}' AS now (READ_ONLY)")
            connection.execute("USE now")
            for of in HISTORIES.values():
                frozen = f"FROM read_parquet('{folder / 'parquet' / of.replace('.', '/')}.parquet')"
                then = f"FROM {of}_as_of('{day}')"
                differing = f"(({frozen} EXCEPT ALL {then}) UNION ALL ({then} EXCEPT ALL {frozen}))"
                assert connection.execute(f"SELECT count(*) FROM {differing}").fetchall() == [(0,)], (of, day)


# what a correction did


def test_every_newly_official_figure_is_logged_with_its_reason(story: Story) -> None:
    found = rows(
        story.settings,
        "SELECT m.release_no, r.organ_code, r.is_summed, r.value_before, r.value_after, r.delta, r.reason"
        " FROM mart.revision AS r JOIN meta.release AS m USING (release_id)"
        f" WHERE {OPENED} ORDER BY ALL",
    )
    assert found == [
        (2, THIRD, True, None, 4, 4, "first_filing"),
        (3, SECOND, True, 15, 21, 6, "resubmission"),
        (4, FIRST, True, 12, 13, 1, "waiver_accepted"),
        (5, FOURTH, True, 5, 7, 2, "judged_anew"),
        (6, THIRD, False, None, 4, 4, "register_changed"),
        (6, THIRD, True, 4, None, -4, "register_changed"),
    ]
    files = """
        SELECT b.file_name, a.file_name FROM mart.revision AS r
        JOIN core.fct_submission AS b ON b.submission_id = r.submission_before
        JOIN core.fct_submission AS a ON a.submission_id = r.submission_after
        JOIN meta.release AS m USING (release_id)"""
    assert rows(story.settings, f"{files} WHERE m.release_no = 3 AND {OPENED}") == [("2017.xlsx", "2017b.xlsx")]


def test_the_totals_and_the_year_over_year_are_logged_and_what_changed_its_sign(story: Story) -> None:
    found = rows(
        story.settings,
        "SELECT m.release_no, r.slice_code, r.value_before, r.value_after, r.delta, r.change_before, r.change_after,"
        " r.sign_changed FROM mart.revision_rollup AS r JOIN meta.release AS m USING (release_id)"
        f" WHERE {OPENED} AND slice_kind IN ('city', 'level') ORDER BY ALL",
    )
    assert found == [
        (2, "city", 32, 36, 4, None, -3, False),
        (2, "own", 27, 31, 4, None, -3, False),
        (3, "city", 36, 42, 6, -3, 3, True),
        (3, "own", 31, 37, 6, -3, 3, True),
        (4, "city", 42, 43, 1, 3, 4, False),
        (4, "own", 37, 38, 1, 3, 4, False),
        (5, "city", 43, 45, 2, 4, 6, False),
        (5, "lower", 5, 7, 2, 0, 2, True),
        (6, "city", 45, 41, -4, 6, 2, False),
        (6, "own", 38, 34, -4, 4, 0, True),
    ]
    assert rows(
        story.settings,
        "SELECT change_pct_before, change_pct_after FROM mart.revision_rollup AS r JOIN meta.release AS m"
        f" USING (release_id) WHERE release_no = 3 AND {OPENED} AND slice_kind = 'city'",
    ) == [(Decimal("-7.6923"), Decimal("7.6923"))]


def told_of(story: Story, release: str, table: str) -> list[dict[str, str]]:
    """A table of a release's page, as downloaded."""
    file = published(story.settings).parent / SITE / "data" / f"release-{release}-{table}.csv"
    with file.open(encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def test_the_pages_tell_what_each_release_changed_and_who_caused_it(story: Story) -> None:
    releases = story.released[-1]
    site = published(story.settings).parent / SITE / "releases"
    assert {page.stem for page in site.glob("*.html")} == {"index", *releases}
    first, second, third, fourth, _, sixth = ((site / f"{key}.html").read_text(encoding="utf-8") for key in releases)
    assert "这是第一次发布，没有可以比较的上一次。" in first
    assert "这是第一次发布" not in second
    assert [row["原因"] for key in releases[1:] for row in told_of(story, key, "causes")] == [
        "首次报送",
        "重报",
        "办公室按原样接受",
        "重新判定后采用",
        "名录有变",
    ]
    (cause,) = told_of(story, releases[2], "causes")
    assert (cause["单位"], cause["年度"], cause["变动格数"], cause["其中计入合计"]) == ("某市乙局", "2017", "2", "2")
    assert cause["原来采用的"].startswith(f"{SECOND}-2017-fj_annex_2017-")
    assert f"outbox/{SECOND}/{cause['现在采用的']}.html" in third
    opened = told_of(story, releases[2], "city")[0]
    assert [opened[name] for name in ("指标", "原数", "现数", "变动", "原同比增减", "现同比增减", "升降")] == [
        "主动公开文件数", "36", "42", "6", "-3", "3", "降→升",
    ]  # fmt: skip
    assert "有 3 个同比改变了升降" in third
    assert {row["范围"] for row in told_of(story, releases[2], "turned")} == {"全市", "市本级", "工作部门"}
    assert "没有同比改变升降。" in second
    assert {(row["范围"], row["升降"]) for row in told_of(story, releases[4], "turned")} >= {("区及以下", "平→升")}
    marks = {row["内容"]: row["与上一次"] for row in told_of(story, releases[4], "hashes")}
    assert (marks["规则"], marks["表样"], marks["名录"]) == ("有变", "与上一次相同", "与上一次相同")
    assert f"published/releases/{releases[3]}/" in fourth
    assert "规则、名录有变" not in sixth
    assert "名录有变" in sixth


def test_the_deltas_of_a_release_add_up_to_the_difference_of_the_two(story: Story) -> None:
    (first, *_, last) = story.released[-1]
    folder = story.settings.published / "releases"
    logged = dict(
        rows(
            story.settings,
            "SELECT level, sum(delta) FROM mart.revision"
            f" WHERE is_summed AND report_year = 2017 AND {OPENED} GROUP BY level",
        )
    )
    totals = {}
    for release_id in (first, last):
        with reader(folder / release_id / FILE_NAME) as connection:
            totals[release_id] = dict(
                connection.execute(
                    "SELECT slice_code, value FROM mart.city_rollup"
                    f" WHERE report_year = 2017 AND slice_kind = 'level' AND {OPENED}"
                ).fetchall()
            )
    assert logged == {"own": 7, "lower": 2}
    assert {level: totals[last][level] - totals[first][level] for level in totals[first]} == logged


# proof


@pytest.fixture
def retold(story: Story, tmp_path: Path) -> Story:
    """A copy of the home to do harm to; the journal's times go on."""
    home = tmp_path / "home"
    shutil.copytree(story.settings.home, home, symlinks=True)
    clock = Clock(story.clock.time)
    return replace(story, settings=replace(story.settings, home=home, clock=clock), clock=clock, released=[])


def failing(story: Story, build: Callable[[duckdb.DuckDBPyConnection, str], int] = build_table) -> set[tuple[str, str]]:
    """The blocking checks that a night fails; it must not publish."""
    before = published(story.settings).resolve()
    result = run_night(story.settings, knowledge=story.knowledge, build=build, raise_on_error=False)
    assert not result.success
    assert published(story.settings).resolve() == before
    return {
        (".".join(e.asset_key.path), e.check_name)
        for e in result.get_asset_check_evaluations()
        if not e.passed and e.severity.value == "ERROR"
    }


def corrected(story: Story) -> None:
    """A night in which something changes."""
    drop(story.settings, f"{SECOND}/2017c.xlsx", report(SECOND, 2017, 30, 20), "2018-04-01T10:00:00")


@pytest.mark.parametrize(
    ("table", "damage", "told_by"),
    [
        (
            "mart.revision",
            f"UPDATE mart.revision SET delta = delta + 1 WHERE {OPENED} AND value_after = 30",
            {("mart.revision", "deltas_add_up")},
        ),
        (
            "mart.revision",
            f"DELETE FROM mart.revision WHERE {OPENED} AND value_after = 4 AND value_before IS NULL",
            {("mart.revision", "deltas_add_up")},
        ),
        (
            "mart.revision_rollup",
            f"UPDATE mart.revision_rollup SET delta = 0 WHERE {OPENED} AND slice_kind = 'city' AND value_after = 36",
            {("mart.revision_rollup", "is_the_difference")},
        ),
        (
            "core.official_cell_history",
            f"UPDATE core.official_cell_history SET value = 31 WHERE {OPENED} AND value = 30",
            {("core.official_cell_history", "as_of_now_is_now")},
        ),
    ],
)
def test_a_log_that_does_not_add_up_stops_the_night(
    retold: Story, table: str, damage: str, told_by: set[tuple[str, str]]
) -> None:
    def build(connection: duckdb.DuckDBPyConnection, name: str) -> int:
        count = build_table(connection, name)
        if name == table:
            ((changed,),) = connection.execute(damage).fetchall()
            assert changed
        return count

    corrected(retold)
    assert failing(retold, build) == told_by


def test_a_release_that_is_no_longer_what_it_was_stops_the_night(retold: Story, tmp_path: Path) -> None:
    folder = (
        retold.settings.archive / "releases" / rows(retold.settings, "SELECT min(release_id) FROM meta.release")[0][0]
    )
    path = folder / "mart.city_rollup.parquet"
    folder.chmod(0o755)
    other = tmp_path / "other.parquet"
    duckdb.sql(f"COPY (SELECT * REPLACE (value + 1 AS value) FROM '{path}') TO '{other}'")
    path.unlink()
    shutil.copyfile(other, path)
    assert failing(retold) == {("earlier_releases", "unchanged")}
    result = CliRunner().invoke(main, ["verify"], env={"GONGKAI_HOME": str(retold.settings.home)})
    assert result.exit_code == 1
    assert f"内容与发布时不同：{folder.name}" in result.output
    path.unlink()
    assert failing(retold) == {("earlier_releases", "unchanged")}


def test_verify_reads_every_release_anew(story: Story) -> None:
    result = CliRunner().invoke(main, ["verify"], env={"GONGKAI_HOME": str(story.settings.home)})
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "发布 6 次，内容与发布时不同 0 次")


def test_a_copy_that_was_changed_is_made_again(retold: Story) -> None:
    first = rows(retold.settings, "SELECT min(release_id) FROM meta.release")[0][0]
    file = retold.settings.published / "releases" / first / FILE_NAME
    file.chmod(0o644)
    with writer(file) as connection:
        connection.execute("UPDATE mart.city_rollup SET value = 0")
    result = run_night(retold.settings, knowledge=retold.knowledge)
    (check,) = [e for e in result.get_asset_check_evaluations() if e.check_name == "copies_as_made"]
    assert (check.passed, check.severity.value) == (False, "WARN")
    with reader(file) as connection:
        assert connection.execute(CITY_TOTALS).fetchall() == [(2016, 39), (2017, 32)]


# dying and replay


def test_a_night_that_died_before_it_recorded_its_release_is_completed_by_the_next(retold: Story) -> None:
    corrected(retold)
    retold.night("2018-04-02T02:00:00")
    expected = rows(retold.settings, "FROM meta.release ORDER BY release_no")
    path = retold.settings.archive / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    assert [b"release_made" in line for line in lines[-2:]] == [True, False]
    path.write_bytes(b"".join(lines[:-2]))
    retold.night("2018-04-03T02:00:00")
    assert rows(retold.settings, "FROM meta.release ORDER BY release_no") == expected
    assert [entry["release_no"] for entry in Journal(retold.settings.archive).of("release_made")] == list(range(1, 8))
    assert as_of(retold, "mart.city_rollup_as_of", "2018-04-02", f"slice_kind = 'city' AND {OPENED}") == [(39,), (50,)]


def test_replay_from_the_archive_gives_the_same_tables(retold: Story, tmp_path: Path) -> None:
    by_nights = tmp_path / "by_nights.duckdb"
    shutil.copyfile(published(retold.settings), by_nights)
    frozen = sorted(path.name for path in (retold.settings.published / "releases").iterdir())
    for lost in (retold.settings.work, retold.settings.outbox, retold.settings.inbox, retold.settings.decisions):
        shutil.rmtree(lost)
    shutil.rmtree(retold.settings.published)
    retold.settings.inbox.mkdir()
    retold.night("2018-04-01T05:00:00")
    assert differing_tables(by_nights, published(retold.settings)) == set()
    for table in TABLES:
        has_rows = rows(retold.settings, f"SELECT count(*) FROM {table}")[0][0]
        assert has_rows or table in {"core.dim_organ_name"} or table.startswith(("core.", "mart.")), table
    assert sorted(path.name for path in (retold.settings.published / "releases").iterdir()) == frozen
    assert len(frozen) == 6
    with reader(published(retold.settings)) as connection:
        assert connection.execute("SELECT count(*) FROM core.finding_history WHERE state = 'gone'").fetchall()[0][0] > 0
