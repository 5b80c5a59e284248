"""Every question of the cookbook says what it asks and runs on the published tables."""

from __future__ import annotations

from pathlib import Path

import pytest

import warehouse
from tests.unit.city import OPEN, City

COOKBOOK = sorted((Path(warehouse.__file__).parent / "cookbook").glob("*.sql"))


def test_there_are_questions() -> None:
    assert len(COOKBOOK) >= 4


@pytest.mark.parametrize("path", COOKBOOK, ids=lambda path: path.stem)
def test_a_question_says_what_it_asks(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("-- ")
    assert "？" in first


@pytest.mark.parametrize("path", COOKBOOK, ids=lambda path: path.stem)
def test_a_question_runs(path: Path) -> None:
    city = City().expect("DEPT", year=2016).expect("DEPT").file("DEPT", {OPEN: 10}, year=2016).file("DEPT", {OPEN: 12})
    with city.built() as connection:
        connection.execute(
            "CREATE TABLE core.dim_indicator AS SELECT '' AS form_code, '' AS indicator_code, '' AS label"
        )
        connection.execute(path.read_text(encoding="utf-8")).fetchall()
