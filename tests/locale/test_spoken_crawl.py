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


def test_what_keeps_a_crawl_from_starting_is_told_in_chinese(tmp_path: Path) -> None:
    """A data folder that cannot be used is named in a line of its own, beside the log's."""
    (tmp_path / "taken").touch()
    done = scrapy("crawl", "sample", data_dir=tmp_path / "taken", **CHINA)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("scrapy crawl: ")]
    assert str(tmp_path / "taken") in line
    assert HAN.search(line)
    assert "choose another with KOLCRAWL_DATA_DIR" not in line
