"""The tests; the first import is ours, so that openpyxl is used as the pipelines use it."""

import pipelines  # noqa: F401 - for what it sets
