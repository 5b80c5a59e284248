"""The command line: ``gongkai``.

Belongs here: options, exit codes and what is printed. Does not belong here: any work; each command calls one function.
What imports the scheduler is imported by the commands that need it: it would double the time that a check takes.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final, NoReturn

import click
import duckdb
from rich.console import Console
from rich.table import Table

from pipelines.answers import write_receipts
from pipelines.decisions import EVENT as DECISION_RECEIVED
from pipelines.handout import Handed, HandoutError, hand_out, hand_out_one
from pipelines.intake import archived_path, is_sound, shown
from pipelines.journal import Journal, JournalError
from pipelines.precheck import UNREADABLE, check_files
from pipelines.precheck_page import print_precheck
from pipelines.releases import EVENT as RELEASE_MADE
from pipelines.releases import changed_releases, damaged_files
from pipelines.seeding import seed_if_empty
from pipelines.settings import Settings, SettingsError
from pipelines.status import StatusError, as_json, print_status, read_status
from pipelines.summary import print_left, print_night
from schemas.register import RegisterError
from schemas.report_phrase import PhraseError
from warehouse.connection import reader
from warehouse.query import QueryError, query

_LOOPBACK: Final = "127.0.0.1"
_DEFAULT_PORT: Final = 3000
_LEAST_COLUMN: Final = 8


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gongkai")
@click.pass_context
def main(context: click.Context) -> None:
    """公开：政府信息公开统计的采集、核对、汇总与发布。"""
    try:
        context.obj = Settings.from_environment()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option(
    "--samples", type=click.Path(exists=True, file_okay=False, path_type=Path), help="收件箱为空时放入这套样例"
)
@click.pass_obj
def nightly(settings: Settings, samples: Path | None) -> None:
    """跑一夜：收件、读数、判定、汇总、回执、发布；在网页上看得到这一次运行。"""
    import dagster as dg  # noqa: PLC0415 - see the charter

    from pipelines.instance import prepare_home, run_night  # noqa: PLC0415 - see the charter
    from pipelines.lock import NightIsRunningError, night_lock  # noqa: PLC0415 - see the charter

    prepare_home(settings)
    console = Console()
    if samples is not None and (count := seed_if_empty(samples, settings.inbox)):
        console.print(f"收件箱是空的，已放入 {count} 个样例文件（说明见 {samples / 'README.md'}）。")
    try:
        # asked first so that a collision is one sentence and no red run; the night itself takes the lock again
        with night_lock(settings.lock_file):
            pass
    except NightIsRunningError as error:
        raise click.ClickException(f"另一夜正在运行（进程 {error.holder}），请等它结束") from error
    with dg.DagsterInstance.get() as instance:
        result = run_night(instance)
    if not result.success:
        console.print(
            f"[bold red]这一夜失败了[/]，昨夜发布的文件没有改动。运行编号 {result.run_id}，原因见 gongkai ui。"
        )
        sys.exit(1)
    published = _published_file(settings)
    print_night(console, published)
    print_left(console, Journal(settings.archive).of("night_opened")[-1])
    console.print(f"已发布：{published}", soft_wrap=True)
    console.print(f"网页：gongkai ui，然后打开 http://{_LOOPBACK}:{_DEFAULT_PORT}/runs/{result.run_id}", soft_wrap=True)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--organ", default="", help="机构代码；不写则按文件里写明的机构")
@click.option("--year", type=click.IntRange(2000, 2100), help="报告年度；文件里没有写明年度时用")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
@click.pass_obj
def check(settings: Settings, files: tuple[Path, ...], organ: str, year: int | None, as_json: bool) -> None:
    """报送前自查：与夜间判定完全相同，什么也不保存。退出码 0 可报送，1 有错误，2 读不了。"""
    try:
        result = check_files(settings, files, organ, year)
    except RegisterError as error:
        click.echo(f"Error: 名录有误：{error}", err=True)
        sys.exit(UNREADABLE)  # 1 would say that the files have errors
    if as_json:
        click.echo(json.dumps(result.as_json(), ensure_ascii=False, indent=1))
    else:
        print_precheck(Console(markup=False, emoji=False, highlight=False), result)
    sys.exit(result.exit_code)


@main.command()
@click.option("--form", "form_code", required=True, help="表样，例如 gb_2021")
@click.option("--organ", "organ_code", help="机构代码；不写则为每一个应报的机构各写一份")
@click.option("--year", "report_year", type=int, required=True, help="报告年度")
@click.option("--district", metavar="CODE", help="只写一个区的（区政府的机构代码）；不与 --organ 同用")
@click.option("--force", "is_forced", is_flag=True, help="没有 --organ 时：已有的文件也重写")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="写到哪个 .xlsx；没有 --organ 时写到哪个文件夹",
)
@click.pass_obj
def template(
    settings: Settings,
    *,
    form_code: str,
    organ_code: str | None,
    report_year: int,
    district: str | None,
    is_forced: bool,
    output: Path,
) -> None:
    """可以直接填写的空白报表，读的时候不用猜：一个机构的一份，或每个应报机构一个文件夹。"""
    if organ_code is not None and district is not None:
        raise click.UsageError("--organ 与 --district 只能给一个")
    try:
        if organ_code is not None:
            handed = hand_out_one(settings, form_code, report_year, organ_code, output)
            about = f"{handed.organ_name}，{report_year}年度，{handed.form.short_title}"
            click.echo(f"已写出 {output}（{about}{'，附上年数' if handed.references else ''}）")
            return
        done: list[Handed] = []
        for handed in hand_out(settings, form_code, report_year, output, district, is_forced=is_forced):
            done.append(handed)
            click.echo(f"{'已有，未改动' if handed.is_kept else '已写出'} {handed.path}（{handed.organ_name}）")
    except RegisterError as error:
        raise click.ClickException(f"名录有误：{error}") from error
    except HandoutError as error:
        raise click.ClickException(str(error)) from error
    kept = sum(handed.is_kept for handed in done)
    referring = sum(handed.references > 0 for handed in done)
    click.echo(
        f"{report_year}年度 {form_code}：应报 {len(done)} 家，写出 {len(done) - kept} 份（{referring} 份附上年数），"
        f"已有而未改动 {kept} 份{'（要重写请加 --force）' if kept else ''}"
    )


@main.command()
@click.option("--year", "report_year", type=int, help="报告年度；不写则为最近一个正在采集的年度")
@click.option("--district", metavar="CODE", help="只看一个区（区政府的机构代码）")
@click.option("--json", "is_json", is_flag=True, help="输出 JSON")
@click.pass_obj
def status(settings: Settings, report_year: int | None, district: str | None, is_json: bool) -> None:
    """谁报了、谁迟了、谁没报、扣留的等什么：按最近一夜发布的结果。"""
    try:
        found = read_status(_published_file(settings), report_year, district)
    except StatusError as error:
        raise click.ClickException(str(error)) from error
    if is_json:
        click.echo(as_json(found))
    else:
        print_status(Console(markup=False, emoji=False, highlight=False), found)


@main.command()
@click.option("--year", "report_year", type=int, required=True, help="报告年度")
@click.option("--form", "form_code", help="表样；不写则为该年度收集的一种（附表连同补充统计表）")
@click.option("--draft", "is_draft", is_flag=True, help="写成草稿：合计不完整也写，每页每节标明“草稿”并列出尚缺的单位")
@click.option(
    "--phrases",
    "phrases_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="另用一份句子文件（写法见 docs/report.md）",
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="写到哪个文件夹；不写则为 GONGKAI_HOME 下的 reports",
)
@click.pass_obj
def report(
    settings: Settings,
    *,
    report_year: int,
    form_code: str | None,
    is_draft: bool,
    phrases_file: Path | None,
    folder: Path | None,
) -> None:
    """写年度报告的统计部分（.docx 和 .html）：表格、句子出自同一次查询。合计不完整时退出码为 1。"""
    from pipelines.report import ReportError, write_report  # noqa: PLC0415 - the Word library is slow to import

    try:
        written = write_report(
            settings, _published_file(settings), report_year, folder or settings.home / "reports", form_code,
            is_draft=is_draft, phrases_file=phrases_file,
        )  # fmt: skip
    except RegisterError as error:
        raise click.ClickException(f"名录有误：{error}") from error
    except (ReportError, PhraseError) as error:
        raise click.ClickException(str(error)) from error
    for path in written.paths:
        click.echo(f"已写出{'草稿' if is_draft else ''} {path}")
    for remark in written.remarks:
        click.echo(f"请留意：{shown(remark)}")


@main.command()
@click.argument("statement")
@click.option("--max-rows", type=click.IntRange(1, 100_000), default=200, show_default=True, help="最多显示多少行")
@click.option("--csv", "as_csv", is_flag=True, help="输出 CSV")
@click.pass_obj
def sql(settings: Settings, statement: str, max_rows: int, as_csv: bool) -> None:
    """在已发布的文件上查询，只读。"""
    try:
        rows = query(_published_file(settings), statement, max_rows=max_rows)
    except (QueryError, duckdb.Error) as error:
        raise click.ClickException(str(error)) from error
    lines = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(rows.column_names)
        writer.writerows(lines)
        return
    # what departments wrote is shown as it is: no markup, no control characters, nothing cut off
    console = Console(markup=False, emoji=False, highlight=False)
    names = [shown(name) for name in rows.column_names]
    told = [["" if value is None else shown(str(value)) for value in line] for line in lines]
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    for line in told:
        table.add_row(*line)
    if len(names) * _LEAST_COLUMN <= console.width:
        console.print(table)
        return
    # so many columns would be folded into letters: one line a column instead, one block a row
    for number, line in enumerate(told, 1):
        block = Table(title=f"第 {number} 行，共 {len(told)} 行", title_justify="left", show_header=False)
        block.add_column(overflow="fold")
        block.add_column(overflow="fold")
        for pair in zip(names, line, strict=True):
            block.add_row(*pair)
        console.print(block)
    if not told:
        console.print(f"没有行；列：{'、'.join(names)}")


@main.command()
@click.pass_obj
def receipts(settings: Settings) -> None:
    """按已发布的结果补写回执（GONGKAI_RECEIPTS=off 的一夜之后）。"""
    with reader(_published_file(settings)) as connection:
        written = write_receipts(connection, settings)
    click.echo(f"回执 {written.receipts} 份，其中新写或有变化的 {written.changed} 份：{settings.outbox}")


@main.command()
@click.pass_obj
def verify(settings: Settings) -> None:
    """重新核对存档里每个文件、每次发布的散列；有缺失或损坏时退出码为 1。"""
    try:
        journal = Journal(settings.archive)
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    received = (*journal.of("file_received"), *journal.of(DECISION_RECEIVED))
    entries = [entry for entry in received if entry["outcome"] == "archived"]
    damaged = [entry for entry in entries if not is_sound(settings.archive, entry["sha256"])]
    for entry in damaged:
        click.echo(f"缺失或损坏：{archived_path(settings.archive, entry['sha256'])}（{shown(entry['path'])}）")
    click.echo(f"存档 {len(entries)} 个文件，缺失或损坏 {len(damaged)} 个")
    damaged_releases = damaged_files(journal)
    changed = changed_releases(journal)
    for path in damaged_releases:
        click.echo(f"缺失或损坏：{path}")
    for release_id in changed:
        click.echo(f"内容与发布时不同：{release_id}")
    click.echo(f"发布 {len(journal.of(RELEASE_MADE))} 次，内容与发布时不同 {len(changed)} 次")
    sys.exit(1 if damaged or damaged_releases or changed else 0)


@main.command()
@click.option("--test", "is_test", is_flag=True, help="给每个通道发一条测试消息，逐个报告结果；有失败时退出码为 1")
@click.option("--preview", is_flag=True, help="打印现在的日报；不发送，也不记为已发")
@click.pass_obj
def news(settings: Settings, *, is_test: bool, preview: bool) -> None:
    """通知：有哪些通道，还有什么没有发出去；测试通道，预览日报。"""
    from pipelines.news.page import print_channels, print_preview, send_test  # noqa: PLC0415 - see the charter
    from pipelines.news.settings import NewsSettings  # noqa: PLC0415 - see the charter

    try:
        told = NewsSettings.from_environment()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    console = Console(markup=False, emoji=False, highlight=False)
    if preview:
        print_preview(console, settings, told)
    elif is_test:
        sys.exit(0 if send_test(console, told) else 1)
    else:
        print_channels(console, settings, told)


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=_DEFAULT_PORT, show_default=True)
@click.pass_obj
def ui(settings: Settings, port: int) -> None:
    """运行网页、后台进程和每夜的计划，只在本机可见。"""
    from pipelines.instance import prepare_home  # noqa: PLC0415 - see the charter

    prepare_home(settings)
    _say_what_news_lacks()
    commands = [_webserver(_LOOPBACK, port), _daemon()]
    # a service manager stops with SIGTERM: it must end the children too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    processes = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own environment's programs
    click.echo(f"http://{_LOOPBACK}:{port}")
    try:
        while all(process.poll() is None for process in processes):
            try:
                processes[0].wait(timeout=1)
            except subprocess.TimeoutExpired:
                continue
    except KeyboardInterrupt:
        click.echo("停止")
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    sys.exit(max(abs(process.returncode or 0) for process in processes) and 1)


@main.command()
@click.option("--read-only", is_flag=True, help="只能看：不能启动运行，不能开关计划")
@click.option("--host", default=_LOOPBACK, show_default=True, help="网页本身没有登录，除本机外不要直接对外")
@click.option("--port", type=click.IntRange(1, 65535), default=_DEFAULT_PORT, show_default=True)
@click.option("--path-prefix", default="", metavar="/PATH", help="反向代理把它放在哪个路径下，例如 /ops")
@click.pass_obj
def web(settings: Settings, *, read_only: bool, host: str, port: int, path_prefix: str) -> None:
    """只运行网页，由服务管理器（systemd）照看；见 docs/operations.md。"""
    from pipelines.instance import prepare_home  # noqa: PLC0415 - see the charter

    prepare_home(settings)
    _become([*_webserver(host, port), "--path-prefix", path_prefix, *(["--read-only"] if read_only else [])])


@main.command()
@click.pass_obj
def daemon(settings: Settings) -> None:
    """只运行后台进程：计划和排队，每夜都在它里面跑；由服务管理器（systemd）照看。"""
    from pipelines.instance import prepare_home  # noqa: PLC0415 - see the charter

    prepare_home(settings)
    _say_what_news_lacks()
    _become(_daemon())


@main.command()
@click.option(
    "--min-free-gb",
    "least_free_gib",
    type=click.FloatRange(0),
    default=5,
    show_default=True,
    help="主目录所在的盘至少该剩多少 GiB",
)
@click.option("--json", "is_json", is_flag=True, help="输出 JSON")
@click.pass_obj
def health(settings: Settings, *, least_free_gib: float, is_json: bool) -> None:
    """是否一切正常：后台进程、发布是否按时、上一次运行、锁、磁盘。退出码 0 正常，1 有问题。"""
    from pipelines.health import examine  # noqa: PLC0415 - see the charter

    signs = examine(settings, least_free_gib)
    is_well = all(sign.is_well for sign in signs)
    if is_json:
        told = [{"name": sign.name, "ok": sign.is_well, "message": sign.message} for sign in signs]
        click.echo(json.dumps({"ok": is_well, "signs": told}, ensure_ascii=False, indent=1))
    else:
        for sign in signs:
            click.echo(f"{'正常' if sign.is_well else '有问题'} {sign.message}")
    sys.exit(0 if is_well else 1)


@main.command()
@click.option("--keep-days", type=click.IntRange(1), default=90, show_default=True, help="保留最近多少天的运行记录")
@click.pass_obj
def prune(settings: Settings, keep_days: int) -> None:
    """删去旧的运行记录（每个作业最近 10 次总是保留）；存档、发布和回执不受影响。"""
    import dagster as dg  # noqa: PLC0415 - see the charter

    from pipelines.instance import prepare_home  # noqa: PLC0415 - see the charter
    from pipelines.pruning import prune as prune_runs  # noqa: PLC0415 - see the charter

    prepare_home(settings)
    try:
        with dg.DagsterInstance.get() as instance:
            pruned = prune_runs(instance, settings.dagster_home, timedelta(days=keep_days))
    except sqlite3.OperationalError as error:
        raise click.ClickException(f"运行记录库正忙，下次再收回空间：{error}") from error
    before, after = (size / 1024**2 for size in (pruned.bytes_before, pruned.bytes_after))
    click.echo(f"删去运行记录 {pruned.runs} 次：{before:.1f} MB -> {after:.1f} MB")


def _say_what_news_lacks() -> None:
    """A mistake in the news' settings does not keep the nights from running."""
    from pipelines.news.settings import NewsSettings  # noqa: PLC0415 - see the charter

    try:
        NewsSettings.from_environment()
    except SettingsError as error:
        click.echo(f"通知发不出去：{error}", err=True)


def _webserver(host: str, port: int) -> list[str]:
    from pipelines.instance import WORKSPACE, program  # noqa: PLC0415 - see the charter

    return [program("dagster-webserver"), "--host", host, "--port", str(port), "-w", str(WORKSPACE)]


def _daemon() -> list[str]:
    from pipelines.instance import WORKSPACE, program  # noqa: PLC0415 - see the charter

    return [program("dagster-daemon"), "run", "-w", str(WORKSPACE)]


def _become(command: list[str]) -> NoReturn:
    """The program in place of this one: the service manager's signals reach it, and its exit code is ours."""
    os.execv(command[0], command)  # noqa: S606 - our own environment's program, without a shell


def _published_file(settings: Settings) -> Path:
    path = settings.published_file
    if not path.exists():
        raise click.ClickException(f"还没有发布过：{path} 不存在，请先运行 gongkai nightly")
    return path
