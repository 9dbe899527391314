"""A crawl of somebody who reads Chinese: what he sees is in Chinese, and nothing that is kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.crawling import read_stored, scrapy

HAN = re.compile(r"[\u4e00-\u9fff]")
CHINA = {"LC_ALL": "zh_CN.UTF-8", "TZ": "Asia/Shanghai"}  # the locale need not be installed


def test_only_the_terminal_speaks_chinese(data_dir: Path, tmp_path: Path) -> None:
    """The report is in Chinese; the log with the same report, the document of the crawl and JSON are in English."""
    log, database = tmp_path / "crawl.log", "spoken"
    options = ("-s", f"MONGO_DATABASE={database}", "--lang", "zh")
    done = scrapy("crawl", "sample", *options, "-s", f"LOG_FILE={log}", "-L", "INFO", data_dir=data_dir, **CHINA)
    assert done.returncode == 0, done.stderr
    assert re.match(r"\d+\.\d 秒内读取 19 篇报道，其中 37% 切题\n", done.stdout)
    logged = log.read_text(encoding="utf-8")
    assert "19 stories fetched in" in logged
    assert "the network is in mongodb://" in logged
    assert not HAN.search(logged)
    (run,) = read_stored(data_dir, database).crawls
    assert not HAN.search(json.dumps(run, default=str, ensure_ascii=False))
    told = scrapy("crawls", "latest", "--json", *options, data_dir=data_dir, **CHINA)
    assert not HAN.search(told.stdout)
    assert json.loads(told.stdout)["started_at"].endswith("+00:00")


def test_what_keeps_a_crawl_from_starting_is_told_once(tmp_path: Path) -> None:
    """A data folder that cannot be used is named in one line, in Chinese; where the log is a file, that has the line
    in English, and the terminal has it, too."""
    (tmp_path / "taken").touch()
    log = tmp_path / "crawl.log"
    for options in ((), ("-s", f"LOG_FILE={log}")):
        done = scrapy("crawl", "sample", *options, data_dir=tmp_path / "taken", **CHINA)
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert str(tmp_path / "taken") in line
        assert "另选数据文件夹" in line
        assert "choose another" not in line
    assert "is a file" in log.read_text(encoding="utf-8")


def test_a_database_that_does_not_answer_is_told_in_chinese(tmp_path: Path) -> None:
    """While a crawl waits for it, when it gives up, and where a command reads: each line names it and the remedy."""
    address = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100"
    options = ("-s", f"MONGO_URI={address}", "-s", "STORE_PATIENCE=0.5")
    crawl = scrapy("crawl", "sample", *options, data_dir=tmp_path, **CHINA)
    read = scrapy("crawls", *options, "--lang", "zh", data_dir=tmp_path)
    assert (crawl.returncode, read.returncode) == (1, 1)
    lines = [*crawl.stderr.splitlines(), *read.stderr.splitlines()]
    assert len(lines) == 3
    assert all("没有数据库应答：请启动它，或改正 MONGO_URI" in line for line in lines)
    assert "最多等待 0.5 秒（STORE_PATIENCE）" in lines[0]
    assert not any("no database answers" in line for line in lines)
