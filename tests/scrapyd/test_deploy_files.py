"""deploy/scrapyd: what can be checked of it without root and without a container daemon."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kolcrawl.schedule.plan import read_plan
from tests.crawling import ROOT

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
        pytest.skip("no systemd-analyze on this machine")
    text = (FOLDER / "scrapyd.service").read_text().replace("/opt/scrapyd/bin/scrapyd", "/bin/true")
    unit = tmp_path / "scrapyd.service"
    unit.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "KillMode=control-group" in text


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
        named = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert named <= set(compose["volumes"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        secrets = [value for key, value in service["environment"].items() if "PASSWORD" in key or key.endswith("URI")]
        assert all("${" in value for value in secrets)
    build = compose["services"]["scrapyd"]["build"]
    assert (FOLDER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    for copied in re.findall(r"^COPY (\S+)", docker, re.MULTILINE):
        assert (ROOT / copied).is_file()
