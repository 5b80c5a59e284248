"""``gongkai news``: the channels, a test message over each, the digest as it would be now."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.news.message import Message
from pipelines.news.post import Post
from pipelines.settings import Settings
from tests.unit.news_servers import MailServer, Reply, mail_server, web_server

TOKEN = "hush-hush-token"  # noqa: S105 - not one


@pytest.fixture(autouse=True)
def no_other_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SMTP_HOST", "WECOM_URL", "DINGTALK_URL", "FEISHU_URL", "WEBHOOK_URL"):
        monkeypatch.delenv(f"GONGKAI_NEWS_{name}", raising=False)
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path))


def run(*arguments: str, **variables: str) -> Result:
    env = {f"GONGKAI_NEWS_{name}": text for name, text in variables.items()}
    return CliRunner().invoke(main, ["news", *arguments], env=env)


def test_without_a_channel_it_says_where_to_read_on(tmp_path: Path) -> None:
    for arguments in ((), ("--test",)):
        result = run(*arguments)
        assert (result.exit_code, result.output) == (0, "没有配置通道，不发任何通知。配置方法见 docs/news.md。\n")
    assert list(tmp_path.iterdir()) == []


def test_a_test_message_goes_over_every_channel_and_each_is_told() -> None:
    with mail_server(MailServer()) as mail, web_server([Reply(body='{"errcode": 310000}')]) as web:
        result = run(
            "--test",
            SMTP_HOST="localhost",
            SMTP_PORT=str(mail.port),
            SMTP_SECURITY="none",
            SMTP_FROM="news@example.org",
            SMTP_TO="duty@example.org",
            DINGTALK_URL=f"{web.url}/send?access_token={TOKEN}",
        )
    assert result.exit_code == 1
    assert result.output == "邮件：已送出\n钉钉：拒收，代码 310000（安全设置不符：关键词、加签密钥或 IP 段）\n"
    assert mail.mails[0]["Subject"] == "公开统计：测试消息"


def test_all_channels_well_is_no_error() -> None:
    with web_server() as web:
        result = run("--test", WECOM_URL=f"{web.url}/{TOKEN}")
    assert (result.exit_code, result.output) == (0, "企业微信：已送出\n")


def test_what_waits_is_listed_with_its_last_problem(tmp_path: Path) -> None:
    Post(Settings(tmp_path)).put("a", Message("公开统计告警：夜间任务失败", ""))
    result = run(WECOM_URL=f"http://127.0.0.1:1/{TOKEN}", DIGEST_AT="07:15", DEADLINE_DAYS="5")
    assert result.output.splitlines() == [
        "企业微信：有 1 条待发",
        "  公开统计告警：夜间任务失败",
        "日报每天 07:15 以后；截止日前 5 天提醒。",
    ]


def test_a_preview_before_anything_was_published(tmp_path: Path) -> None:
    assert run("--preview").output == "还没有发布过，没有日报。\n"
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_is_told_by_its_variable() -> None:
    result = run(WECOM_URL=TOKEN)
    assert result.exit_code == 1
    assert "GONGKAI_NEWS_WECOM_URL：请写 http" in result.output
    assert TOKEN not in result.output
