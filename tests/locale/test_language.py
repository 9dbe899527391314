"""Which language is spoken, and what a message is in it."""

from __future__ import annotations

import io
import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kolcrawl.errors import ArgumentError, ConfigError
from kolcrawl.locale import (
    Message,
    chosen_language,
    clock,
    english,
    note_options,
    set_language,
    shown,
    tr,
    translate_stored,
    trn,
    word,
    zone_name,
)  # fmt: skip
from kolcrawl.locale.language import language_of_locale
from kolcrawl.report.counts import CrawlCounts, SiteCounts
from kolcrawl.report.quality import STORED_FAULTS, judge


@pytest.fixture(autouse=True)
def language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The language of the process, put back after each test."""
    monkeypatch.setenv("LANGUAGE", "")
    yield
    set_language(None)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "en_US.UTF-8", "LC_ALL": "zh_CN.GB18030"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en_US:zh_CN"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "fr:de"}, "zh"),
        ({"LANGUAGE": "zh"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], expected: str) -> None:
    """As gettext finds it, by names alone: the locale need not be installed."""
    assert language_of_locale(environment) == expected


def test_what_is_asked_for_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """--lang before KOLCRAWL_LANG before the locale; what does not exist is refused."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert chosen_language() == "zh"
    monkeypatch.setenv("KOLCRAWL_LANG", "en")
    assert chosen_language() == "en"
    note_options(["crawls", "--lang", "zh", "--json"])
    assert chosen_language() == "zh"
    note_options(["crawls", "--lang=en"])
    assert chosen_language() == "en"
    with pytest.raises(ValueError, match="fr"):
        set_language("fr")


def test_an_error_is_english_for_logs_and_chinese_for_its_reader() -> None:
    """Its text is the English; an error within an error is translated with it, and it outlives a change of process."""
    inner = ArgumentError("{name}={value!r} is not a number", name="depth", value="{x}")
    error = pickle.loads(pickle.dumps(ConfigError("schedule {name}: {error}", name="hourly", error=inner)))
    set_language("zh")
    assert str(error) == "schedule hourly: depth='{x}' is not a number"
    assert shown(error) == "定时任务 hourly：depth='{x}' 不是数"
    assert str(ConfigError("a set {1, 2} is no template")) == "a set {1, 2} is no template"
    assert shown(OSError("as it is")) == "as it is"


def test_numbers_and_words() -> None:
    """One thing and several in English, one form in Chinese; a value without a word stays as it is."""
    assert (trn("{n} story", "{n} stories", 1), trn("{n} story", "{n} stories", 2)) == ("1 story", "2 stories")
    set_language("zh")
    assert (trn("{n} story", "{n} stories", 1), trn("{n} story", "{n} stories", 2)) == ("1 篇报道", "2 篇报道")
    assert (word("gone"), word("http_404"), tr("usage: ")) == ("已消失", "http_404", "用法：")
    with english():
        assert trn("{n} story", "{n} stories", 2) == "2 stories"


def test_a_judgement_is_stored_in_english_and_shown_in_chinese() -> None:
    """Every line that `judge` writes is found again among the templates, with what is inside it."""
    counts = CrawlCounts(sites={name: SiteCounts(pages=6, with_related=6, shared_text=4) for name in ("a.cn", "b.cn")})
    counts.outcomes["fetched"] = 12
    _, why = judge(counts, {}, "closespider_errorcount", unfinished=2)
    set_language("zh")
    stored = [str(line) for line in why]
    assert stored[-1] == "2 small sites together: only 0% of 12 pages have text: 8 show only the site's menu"
    assert (
        [translate_stored(line, STORED_FAULTS) for line in stored]
        == [shown(line) for line in why]
        == [
            "爬取提前结束（closespider_errorcount）：等待中的没有读到",
            "2 页没能完整存下或跟进；日志里有原因",
            "2 个小网站合计：12 页中只有 0% 有正文：其中 8 页只显示网站菜单",
        ]
    )
    assert translate_stored("a line of another version", STORED_FAULTS) == "a line of another version"


def test_a_message_that_is_given_again_keeps_its_values() -> None:
    """An error may be made of a message."""
    message = Message("see {log}", log="/var/log/x")
    set_language("zh")
    assert (str(ConfigError(message)), shown(ConfigError(message))) == ("see /var/log/x", "见 /var/log/x")


@pytest.mark.parametrize(
    ("zone", "shown_time", "name"),
    [
        ("UTC", "2026-03-02 00:34", "UTC"),
        ("Asia/Shanghai", "2026-03-02 08:34", "UTC+08:00"),
        ("Asia/Kathmandu", "2026-03-02 06:19", "UTC+05:45"),
        ("America/Caracas", "2026-03-01 20:34", "UTC-04:00"),
        ("Europe/Berlin", "2026-03-02 01:34", "CET/CEST"),
    ],
)
def test_times_are_those_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, zone: str, shown_time: str, name: str
) -> None:
    """With their zone named: by what it is apart from UTC, or, where summers differ, by both its names."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert (clock(datetime(2026, 3, 2, 0, 34, tzinfo=UTC)), zone_name()) == (shown_time, name)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_output_that_cannot_show_chinese_gets_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Question marks help nobody; an encoding of Chinese other than UTF-8 will do."""
    set_language("zh")
    for encoding, expected in (("ascii", "en"), ("gb18030", "zh"), ("latin-1", "en"), ("big5", "zh"), ("utf-8", "zh")):
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        assert chosen_language() == expected
