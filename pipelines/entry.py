"""Where the program ``gongkai`` starts.

Belongs here: nothing but the call. Reading processes import the main script anew; what it imports at its top costs each
of them that much, so the command line and the scheduler behind it are imported only when they are called.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from pipelines.cli import main as command_line  # noqa: PLC0415 - see the charter

    command_line()
