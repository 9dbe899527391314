"""deploy/scrapyd: what can be checked of it without root and without a container daemon."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from kolcrawl.schedule.plan import read_plan
from tests.crawling import ROOT
from tests.missing import skip_without
from tests.scrapyd.servers import until

FOLDER = ROOT / "deploy/scrapyd"


def test_scrapyd_is_closed_to_others() -> None:
    """It listens on loopback, holds no password, and remembers its jobs."""
    conf = configparser.ConfigParser()
    conf.read(FOLDER / "scrapyd.conf")
    own = conf["scrapyd"]
    assert own["bind_address"] == "127.0.0.1"
    assert "password" not in own
    assert own["jobstorage"].endswith("SqliteJobStorage")
    assert own["items_dir"] == ""


def test_the_example_schedules_are_good() -> None:
    """schedules.toml is understood as it stands."""
    plan = read_plan(FOLDER / "schedules.toml", {})
    assert [schedule.name for schedule in plan.schedules] == ["affair", "weekdays"]


def test_the_unit_is_understood(tmp_path: Path) -> None:
    """systemd-analyze finds no fault; the program's path is replaced by one that is here."""
    if not shutil.which("systemd-analyze"):
        skip_without("systemd-analyze")
    text = (FOLDER / "scrapyd.service").read_text().replace("/opt/scrapyd/bin/scrapyd", "/bin/true")
    unit = tmp_path / "scrapyd.service"
    unit.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "KillMode=control-group" in text


def test_a_container_that_is_stopped_lets_its_jobs_store(tmp_path: Path) -> None:
    """Scrapyd ends at once, the container's process with the last job, which gets one signal however many come."""
    job = tmp_path / "job.py"
    job.write_text(
        "import pathlib, signal, sys, time\n"
        "def stop(*_):\n"
        "    time.sleep(1)\n"
        "    with open('stored', 'a') as file:\n"
        "        file.write('x')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "pathlib.Path('begun').touch()\n"
        "time.sleep(60)\n"
    )
    scrapyd = tmp_path / "scrapyd"
    scrapyd.write_text(f"#!/bin/sh\n{sys.executable} {job} &\nsleep 60\n")
    scrapyd.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [sys.executable, str(FOLDER / "serve.py")]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True) as serving:
        until((tmp_path / "begun").exists, 20, "the job's begin")
        assert serving.poll() is None
        for _ in range(3):
            serving.send_signal(signal.SIGTERM)
        assert serving.wait(20) == signal.SIGTERM  # as the shell that stands for Scrapyd ended
    assert (tmp_path / "stored").read_text() == "x"


def test_the_containers_are_pinned_and_closed() -> None:
    """Every image has an exact version, ports are published on loopback only, every file that is copied is there."""
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    docker = (FOLDER / "Dockerfile").read_text()
    images = [service["image"] for service in compose["services"].values()] + re.findall(
        r"^FROM (\S+)", docker, re.MULTILINE
    )
    assert all(re.search(r":\d", image) for image in images)
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    for service in compose["services"].values():
        sources = [volume.split(":")[0] for volume in service.get("volumes", [])]
        assert {source for source in sources if "/" not in source} <= set(compose["volumes"])
        assert all((FOLDER / source).resolve() == ROOT for source in sources if "/" in source)
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        secrets = [value for key, value in service["environment"].items() if "PASSWORD" in key or key.endswith("URI")]
        assert all("${" in value for value in secrets)
    handed_on = compose["services"]["scrapyd"]["environment"].keys()
    assert {"CONTACT", "METRICS_FOLDER", "NOTIFY_WEBHOOK", "NOTIFY_SECRET", "NOTIFY_MAIL", "NOTIFY_SMTP"} <= handed_on
    scheduler = compose["services"]["scheduler"]
    assert scheduler["command"][:4] == ["python", "-m", "scrapy", "schedule"]
    assert (ROOT / scheduler["command"][-1]).is_file()
    build = compose["services"]["scrapyd"]["build"]
    assert (FOLDER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    for copied in re.findall(r"^COPY (\S+)", docker, re.MULTILINE):
        assert (ROOT / copied).is_file()
