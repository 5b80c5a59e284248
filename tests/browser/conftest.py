"""One night of the samples and one Chromium for all tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from pipelines.settings import Settings
from tests.browser.chromium import CHROMIUM, FLAGS


@pytest.fixture(scope="session")
def site(samples_night: Settings) -> Path:
    return samples_night.published / "current" / "site"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()
