"""The pages of the samples' night, and one Chromium for the tests of a module."""

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


# closed with its module: an open one has an event loop, in which a night of another module would run
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()
