"""Metrics of a crawl: the file for Prometheus, read by Prometheus' own reader, and that drafts never pile up."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from scrapy import Spider
from scrapy.utils.test import get_crawler

from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.metrics_extension import Metrics
from kolcrawl.report.prometheus import crawl_metrics

HOSTILE = 'a "quoted"\\\nname'


def samples(text: str) -> dict[tuple[str, str], float]:
    """The samples of a file by name and the value of the label that the crawl's own labels do not hold."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        for sample in family.samples:
            further = {k: v for k, v in sample.labels.items() if k not in ("spider", "schedule")}
            assert sample.labels.items() >= {("spider", "related"), ("schedule", HOSTILE)}
            found[sample.name.removeprefix("kolcrawl_crawl_"), *further.values() or ("",)] = sample.value
    return found


def test_metrics_are_read_back() -> None:
    """Every count comes back under its label, also where a label holds quotes and line breaks."""
    counts = CrawlCounts(
        outcomes=Counter(fetched=4, gone=1), failure_reasons=Counter(http_410=1), links=Counter(related=9)
    )
    counts.link_cuts.cut("0" * 32, "depth", "related")
    labels = {"spider": "related", "schedule": HOSTILE}
    running = samples(generate_latest(crawl_metrics(counts, labels, started=1.5, now=1_796_000_000.0)).decode())
    assert running == {
        ("running", ""): 1,
        ("started_timestamp_seconds", ""): 1.5,
        ("updated_timestamp_seconds", ""): 1_796_000_000.0,
        ("visits", "fetched"): 4,
        ("visits", "unchanged"): 0,
        ("visits", "failed"): 0,
        ("visits", "gone"): 1,
        ("visits", "skipped"): 0,
        ("skipped", "depth"): 1,
        ("failures", "http_410"): 1,
        ("links", "related"): 9,
        ("stories_on_topic", ""): counts.on_topic,
    }
    over = samples(generate_latest(crawl_metrics(counts, labels, started=1.5, now=2.0, quality="degraded")).decode())
    assert over["running", ""] == 0
    assert {name: over["quality", name] for name in ("ok", "degraded", "failed")} == {
        "ok": 0,
        "degraded": 1,
        "failed": 0,
    }


def test_a_written_file_can_be_read_by_another_user(tmp_path: Path) -> None:
    """The exporter of Prometheus runs as a user of its own; nothing but the file is left in the folder."""
    crawler = get_crawler(settings_dict={"METRICS_FOLDER": str(tmp_path), "KOLCRAWL_SCHEDULE": "a/b"})
    crawler.spider = Spider("related")
    Metrics(crawler).write()
    (file,) = tmp_path.iterdir()
    assert file.name == "kolcrawl_a_b.prom"
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_worker_writes_one_file_and_removes_those_that_were_left(tmp_path: Path) -> None:
    """From its start on a worker on a shared frontier has a file of its own, and no other; files of earlier workers of
    that name go, but neither those of workers that still write nor those of a crawl whose name ends in a number."""
    crawler = get_crawler(settings_dict={"METRICS_FOLDER": str(tmp_path), "FRONTIER_URL": "redis://localhost"})
    crawler.spider = Spider("related")
    for name, text, silent in (
        ("related_1", 'a{worker="1"} 1', True),
        ("related_2", 'a{worker="2"} 1', False),
        ("related_2026", 'a{spider="related_2026"} 1', True),
        ("other_3", 'a{worker="3"} 1', True),
    ):
        file = tmp_path / f"kolcrawl_{name}.prom"
        file.write_text(text)
        if silent:
            os.utime(file, (0, 0))
    extension = Metrics(crawler)
    extension.remove_left()
    extension.write()
    own = f"kolcrawl_related_{os.getpid()}.prom"
    assert {file.name for file in tmp_path.iterdir()} == {
        own, "kolcrawl_related_2.prom", "kolcrawl_related_2026.prom", "kolcrawl_other_3.prom",
    }  # fmt: skip
    assert f'worker="{os.getpid()}"' in (tmp_path / own).read_text()


def test_metrics_that_cannot_be_written_leave_no_drafts(tmp_path: Path) -> None:
    """Two files a minute more would fill a disk that is full already."""
    (tmp_path / "kolcrawl_related.prom").mkdir()
    crawler = get_crawler(settings_dict={"METRICS_FOLDER": str(tmp_path)})
    crawler.spider = Spider("related")
    extension = Metrics(crawler)
    for _ in range(3):
        extension.write()
    assert [file.name for file in tmp_path.iterdir()] == ["kolcrawl_related.prom"]
