"""The variables of the news: what they mean, which mistakes are told, and that no secret is."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from pipelines.news.settings import NewsSettings, Secret, wants_news
from pipelines.settings import SettingsError
from tests.unit.news_servers import certificate

MAIL = {
    "GONGKAI_NEWS_SMTP_HOST": "mail.example.org",
    "GONGKAI_NEWS_SMTP_FROM": "公开统计 <news@example.org>",
    "GONGKAI_NEWS_SMTP_TO": "a@example.org, 值班 <b@example.org>",
}


def read(**variables: str) -> NewsSettings:
    return NewsSettings.from_environment({f"GONGKAI_NEWS_{name}": text for name, text in variables.items()})


def test_without_variables_nobody_is_told_anything() -> None:
    assert not NewsSettings.from_environment({}).has_channel
    assert not wants_news({"GONGKAI_HOME": "/srv", "GONGKAI_NEWS_DIGEST_AT": "09:00"})
    assert NewsSettings.from_environment({}).deadline_days == (14, 7, 3, 1)


def test_mail_has_a_port_for_each_way_of_encryption() -> None:
    mail = NewsSettings.from_environment(MAIL).mail
    assert mail is not None
    assert (mail.host, mail.port, mail.security) == ("mail.example.org", 587, "starttls")
    assert mail.sender.display_name == "公开统计"
    assert [address.addr_spec for address in mail.recipients] == ["a@example.org", "b@example.org"]
    for security, port in (("ssl", 465), ("none", 25)):
        other = NewsSettings.from_environment({**MAIL, "GONGKAI_NEWS_SMTP_SECURITY": security}).mail
        assert other is not None
        assert other.port == port


def test_every_other_variable_is_read(tmp_path: Path) -> None:
    authority, _ = certificate(tmp_path)
    variables = {
        "WECOM_URL": "https://gate/wecom?key=k",
        "WECOM_FORMAT": "text",
        "DINGTALK_URL": "https://gate/ding?access_token=t",
        "DINGTALK_SECRET": "SEC1",
        "DINGTALK_KEYWORD": "公开",
        "FEISHU_URL": "https://gate/feishu/t",
        "FEISHU_SECRET": "s2",
        "FEISHU_KEYWORD": "统计",
        "WEBHOOK_URL": "http://gate/any",
        "CA_FILE": str(authority),
        "DIGEST_AT": "7:05",
        "DEADLINE_DAYS": "1, 30",
        "UI_URL": "http://ops:3000/",
    }
    news = read(**variables)
    assert [(hook.kind, hook.url.reveal(), hook.keyword) for hook in news.webhooks] == [
        ("wecom_text", "https://gate/wecom?key=k", ""),
        ("dingtalk", "https://gate/ding?access_token=t", "公开"),
        ("feishu", "https://gate/feishu/t", "统计"),
        ("webhook", "http://gate/any", ""),
    ]
    assert [hook.signing_secret.reveal() for hook in news.webhooks if hook.signing_secret] == ["SEC1", "s2"]
    assert (news.ca_file, news.digest_at, news.deadline_days) == (str(authority), time(7, 5), (30, 1))
    assert news.ui_url == "http://ops:3000"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text("https://gate/send?key=from-file\n", encoding="utf-8")
    (hook,) = read(WECOM_URL_FILE=str(file)).webhooks
    assert hook.url.reveal() == "https://gate/send?key=from-file"
    assert wants_news({"GONGKAI_NEWS_WECOM_URL_FILE": str(file)})


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"STMP_HOST": "x"}, "没有 GONGKAI_NEWS_STMP_HOST 这个变量"),
        ({"WECOM_URL": "hush-hush"}, "GONGKAI_NEWS_WECOM_URL：请写 http"),
        ({"WECOM_URL": "ftp://hush-hush/x"}, "GONGKAI_NEWS_WECOM_URL：请写 http"),
        ({"WECOM_URL": "https://hush-hush:port/x"}, "GONGKAI_NEWS_WECOM_URL：请写 http"),
        ({"WECOM_URL_FILE": "/nowhere/at/all"}, "GONGKAI_NEWS_WECOM_URL_FILE：文件 /nowhere/at/all 打不开"),
        ({"WECOM_FORMAT": "html"}, "GONGKAI_NEWS_WECOM_FORMAT='html'：可以写 markdown、text"),
        ({"DIGEST_AT": "25:00"}, "GONGKAI_NEWS_DIGEST_AT='25:00'"),
        ({"DEADLINE_DAYS": "7;3"}, "GONGKAI_NEWS_DEADLINE_DAYS='7;3'"),
        ({"CA_FILE": __file__}, f"GONGKAI_NEWS_CA_FILE={__file__!r}：不是 PEM 格式的证书"),
        ({"CA_FILE": "/nowhere.pem"}, "GONGKAI_NEWS_CA_FILE='/nowhere.pem'：没有这个文件"),
        ({"UI_URL": "ops:3000"}, "GONGKAI_NEWS_UI_URL='ops:3000'"),
        ({"SMTP_HOST": "h", "SMTP_TO": "a@b.cn"}, "GONGKAI_NEWS_SMTP_FROM=''"),
        ({"SMTP_HOST": "h", "SMTP_FROM": "a@b.cn", "SMTP_TO": "somebody"}, "GONGKAI_NEWS_SMTP_TO='somebody'"),
        ({"SMTP_HOST": "h", "SMTP_FROM": "a@b.cn\nBcc: x@y.cn", "SMTP_TO": "a@b.cn"}, "GONGKAI_NEWS_SMTP_FROM="),
        ({"SMTP_HOST": "h", "SMTP_USER": "me"}, "GONGKAI_NEWS_SMTP_USER 和 GONGKAI_NEWS_SMTP_PASSWORD"),
        ({"SMTP_HOST": "h", "SMTP_PASSWORD": "hush-hush"}, "GONGKAI_NEWS_SMTP_USER 和 GONGKAI_NEWS_SMTP_PASSWORD"),
        ({"SMTP_HOST": "h", "SMTP_PORT": "70000"}, "GONGKAI_NEWS_SMTP_PORT='70000'"),
    ],
)
def test_a_mistake_is_told_by_its_variable_and_without_a_secret(variables: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**variables)
    assert str(caught.value).startswith(told)
    assert "hush-hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_both_a_secret_and_its_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text("https://gate/", encoding="utf-8")
    with pytest.raises(SettingsError, match="只能给一个"):
        read(WECOM_URL="https://gate/hush-hush", WECOM_URL_FILE=str(file))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"two\nlines", b"x" * 9000])
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "credential"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"^GONGKAI_NEWS_FEISHU_SECRET_FILE：文件 .* 应当只有一行"):
        read(FEISHU_URL="https://gate/", FEISHU_SECRET_FILE=str(file))


def test_no_representation_shows_a_secret() -> None:
    settings = NewsSettings.from_environment(
        {**MAIL, "GONGKAI_NEWS_SMTP_USER": "me", "GONGKAI_NEWS_SMTP_PASSWORD": "hush-hush",
         "GONGKAI_NEWS_WECOM_URL": "https://gate/hush-hush", "GONGKAI_NEWS_DINGTALK_URL": "https://x/",
         "GONGKAI_NEWS_DINGTALK_SECRET": "hush-hush"}
    )  # fmt: skip
    assert "hush-hush" not in f"{settings!r}{settings}{settings.mail}{settings.webhooks}{Secret('hush-hush')}"
    assert settings.mail is not None
    assert settings.mail.password.reveal() == "hush-hush"
