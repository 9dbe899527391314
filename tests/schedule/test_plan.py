"""schedules.toml: what is understood, and one line with the place for what is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kolcrawl.errors import ConfigError
from kolcrawl.locale import set_language, shown
from kolcrawl.schedule.plan import Plan, read_plan

GOOD = """
lost_after = "2h"
[[node]]
url = "http://10.0.0.1:6800/"
[[node]]
url = "http://10.0.0.2:6800"
username = "$SECOND_NAME"
password = "$SECOND_WORD"
[[schedule]]
name = "affair"
cron = "5 */2 * * mon-fri"
timezone = "Asia/Shanghai"
jitter = "3m"
overlap = "queue"
late = "1d12h"
args = { url = "https://news.example/1.html", depth = 3 }
settings = { MONGO_DATABASE = "affair" }
[[schedule]]
name = "hourly"
spider = "sample"
every = "1h30m"
"""


def read(tmp_path: Path, text: str, **environment: str) -> Plan:
    """The plan of a text."""
    file = tmp_path / "schedules.toml"
    file.write_text(text)
    return read_plan(file, environment)


def test_everything_is_read(tmp_path: Path) -> None:
    """Nodes with their passwords from the environment, both kinds of rules, and all options."""
    environment = {"SCRAPYD_USERNAME": "a", "SCRAPYD_PASSWORD": "b", "SECOND_NAME": "c", "SECOND_WORD": "d"}
    plan = read(tmp_path, GOOD, **environment)
    assert [(n.url, n.username, n.password) for n in plan.nodes] == [
        ("http://10.0.0.1:6800", "a", "b"),
        ("http://10.0.0.2:6800", "c", "d"),
    ]
    affair, hourly = plan.schedules
    assert affair.when == "cron 5 */2 * * mon-fri Asia/Shanghai"
    assert (affair.overlap, affair.jitter, affair.late) == ("queue", timedelta(minutes=3), timedelta(hours=36))
    assert affair.args == {"url": "https://news.example/1.html", "depth": "3"}
    assert (hourly.every, hourly.spider, hourly.overlap) == (timedelta(minutes=90), "sample", "skip")
    assert hourly.when == "every 1h30m"
    assert "'d'" not in repr(plan.nodes[1])


ONE = '[[schedule]]\nname = "a"\nevery = "1h"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[[schedule]]\nname = "a"\ncron = "61 * * * *"',
            "schedule a：cron = '61 * * * *' 不是 \"0 * * * *\" 这样的表达式（",
        ),
        ('[[schedule]]\nname = "a"\ncron = "0 0"', "（请给出五个字段）"),
        (ONE + 'args = { jobid = "x" }', "schedule a：args：'jobid' 在 Scrapyd 里另有含义"),
        (ONE + 'overlp = "skip"', "schedule a 没有 'overlp' 这一项：是不是 overlap？"),
        (ONE + 'overlap = "kill"', "overlap = 'kill' 应为 'skip' or 'queue'"),
        (ONE + ONE, "有两个叫 'a' 的 schedule"),
    ],
)
def test_what_is_wrong_is_told_in_the_language_of_the_reader(tmp_path: Path, text: str, expected: str) -> None:
    """The whole line is in Chinese, its parts, too; the names in the file stay what they are."""
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    set_language("zh")
    try:
        assert expected in shown(error.value)
    finally:
        set_language(None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = [", "is not TOML"),
        ("", "holds no [[schedule]]"),
        ('[[schedule]]\nname = "a"', 'needs either every = "1h" or cron'),
        (ONE + 'cron = "0 * * * *"', "needs either"),
        ('[[schedule]]\nname = "A b"\nevery = "1h"', "name = 'A b' must be"),
        ('[[schedule]]\nname = "a"\nevery = "soon"', "every = 'soon' is not a duration"),
        ('[[schedule]]\nname = "a"\nevery = "10s"', "every = '10s' is less than 1m"),
        ('[[schedule]]\nname = "a"\ncron = "61 * * * *"', "is not an expression like"),
        ('[[schedule]]\nname = "a"\ncron = "0 0 30 2 *"', "is not an expression like"),
        ('[[schedule]]\nname = "a"\ncron = "0 0 * * *"\ntimezone = "Asia/Nowhere"', "timezone = 'Asia/Nowhere'"),
        (ONE + 'overlap = "kill"', "overlap = 'kill' input should be 'skip' or 'queue'"),
        (ONE + 'overlp = "skip"', "did you mean overlap?"),
        (ONE + ONE, "two schedules called 'a'"),
        (ONE + 'args = { jobid = "x" }', "'jobid' has a meaning of its own"),
        (ONE + 'settings = { MONGO_URI = "mongodb://u:p@h" }', "MONGO_URI may hold a secret"),
        (ONE + 'settings = { PROXY = "http://u:p@h:1" }', "settings: PROXY holds a password"),
        (ONE + 'args = { url = "https://u:hunter2@h/1.html" }', "args: url holds a password"),
        (ONE + 'settings = { SITE_API_KEY = "hunter2" }', "SITE_API_KEY may hold a secret"),
        (ONE + 'jitter = "1h"', "less than every = '1h'"),
        (ONE + '[[node]]\nurl = "http://u:p@h:6800"', "do not belong in its url"),
        (ONE + '[[node]]\nurl = "ftp://h"', "is not an address"),
        (ONE + '[[node]]\nurl = "http://h"\npassword = "hunter2"', "must name a variable"),
        (ONE + '[[node]]\nurl = "http://h"\npassword = "$NOT_THERE"', "NOT_THERE is not set"),
        (ONE + '[[node]]\nurl = "http://h"\npassword = "$SCRAPYD_PASSWORD"', "SCRAPYD_PASSWORD is not set"),
        ('lost_after = "1m"\n' + ONE, "lost_after = '1m' is less than 10m"),
        ("node = 3\n" + ONE, "node must be written as [[node]]"),
        ("node = [3]\n" + ONE, "node 1 must be written as [[node]]"),
        ("[[schedule]]\n", "schedule 1: name is missing"),
        ('[[schedule]]\nname = 3\nevery = "1h"', "schedule 1: name = 3 "),
        ('[[schedule]]\nname = "a"\nevry = "1h"', "schedule a has no 'evry': did you mean every?"),
        ("x = 1\n" + ONE, "the file has no 'x': there are lost_after, node, schedule"),
        (ONE + 'timezone = "Asia/Shanghai"', "schedule a needs no timezone"),
        (ONE + 'late = "99999999999d"', "late = '99999999999d' is too long"),
        (ONE + "cron = 3", "schedule a: cron = 3 "),
        (ONE + "args = 3", "schedule a: args must be a table"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """Each fault is one line with the file's name and the place; a password is never in it."""
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    line = str(error.value)
    assert line.startswith(str(tmp_path / "schedules.toml"))
    assert expected in line
    assert "\n" not in line
    assert "hunter2" not in line
    assert ":p@" not in line
