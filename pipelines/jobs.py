"""The job beside the night: answering new files at once.

Belongs here: the Dagster job, thin around ``pipelines.answering``. Does not belong here: the night, which is made of
the assets (``pipelines.definitions``). Dagster reads an op's annotations as they stand: they are not postponed here.
"""

import os
from typing import Final

import dagster as dg

from pipelines.answering import answer_files
from pipelines.lock import PID_TAG
from pipelines.settings import Settings

ANSWER_JOB: Final = "answer_new_files"
_LONGEST_SECONDS: Final = 900
"""then the run is ended: a night may be waiting for it"""


def answer_job(settings: Settings) -> dg.JobDefinition:
    """The job that answers new files; it takes no lock of the night's, which waits for it for minutes at most."""

    @dg.op(config_schema={"files": [str]}, description="预审新放入的文件，把预审答复写进各机构的 outbox")
    def answer(context: dg.OpExecutionContext) -> None:
        # a run whose process was killed would keep the next night waiting: the schedule closes it by this
        context.instance.add_run_tags(context.run_id, {PID_TAG: str(os.getpid())})
        done = answer_files(settings, context.op_config["files"])
        context.add_output_metadata({"answered": done.answered, "left": done.left, "pages_removed": done.removed})

    @dg.job(
        name=ANSWER_JOB,
        executor_def=dg.in_process_executor,
        tags={"dagster/max_runtime": _LONGEST_SECONDS},
        description="预审：新放入收件箱的文件，几分钟内给出预审答复；不动存档、流水和已发布的数字",
    )
    def answer_new_files() -> None:
        answer()

    return answer_new_files
