"""``python -m pipelines`` is ``gongkai``."""

from pipelines.cli import main

main()
