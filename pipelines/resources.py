"""What the assets work with: the installation, and the night's lock held from the first step to the last.

Belongs here: the Dagster resource, thin around ``settings``, ``knowledge`` and ``lock``. Does not belong here: work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from pipelines.journal import Journal
from pipelines.knowledge import Knowledge, load_knowledge
from pipelines.lock import clear_dead_runs, night_lock
from pipelines.settings import Settings


@dataclass(frozen=True, slots=True)
class Night:
    """One run: the installation, what is true tonight. A run that has it is the only night."""

    settings: Settings
    knowledge: Knowledge

    def journal(self) -> Journal:
        """The archive's journal as it stands."""
        return Journal(self.settings.archive)


def night_resource(settings: Settings) -> dg.ResourceDefinition:
    """The resource ``night``: holds the lock for the whole run and first closes what a dead night left behind."""

    @contextmanager
    def hold(context: dg.InitResourceContext) -> Iterator[Night]:
        with night_lock(settings.lock_file):
            run = context.run
            if context.instance is not None and run is not None:
                for run_id in clear_dead_runs(context.instance, settings.lock_file, own_run_id=run.run_id):
                    if context.log is not None:
                        context.log.warning(f"closed run {run_id}: its process is gone")
            yield Night(settings, load_knowledge(settings.register))

    return dg.ResourceDefinition(resource_fn=hold, description="设置、规则与名录；整夜持有唯一的锁")
