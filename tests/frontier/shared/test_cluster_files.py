"""deploy/cluster: what can be checked of it without a container daemon and without a cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml

from kolcrawl.crawl.args import parse_args
from kolcrawl.schedule.plan import read_plan

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy/cluster"


def compose() -> dict[str, Any]:
    """The compose file, its anchors filled in."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return found


def test_the_compose_file_is_one() -> None:
    """It has the form of the Compose Specification; a misspelled name in it has not."""
    found = compose()
    compose_spec.PyCompose.from_json(json.dumps(found)).validate()
    found["services"]["redis"]["imagee"] = "redis:7"
    with pytest.raises(ValueError, match="imagee"):
        compose_spec.PyCompose.from_json(json.dumps(found)).validate()


def test_the_containers_are_pinned_and_closed() -> None:
    """Images have exact versions, ports are on loopback, passwords come from outside and stand in no command line."""
    services = compose()["services"]
    assert all(re.search(r":v?\d", service["image"]) for service in services.values())
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "ports" not in services["redis"]
    for service in services.values():
        sources = [volume.split(":")[0] for volume in service.get("volumes", [])]
        assert {source for source in sources if "/" not in source} <= set(compose()["volumes"])
        assert all((FOLDER / source).resolve().exists() for source in sources if "/" in source)
        assert set(service.get("depends_on", {})) <= set(services)
        secrets = [value for key, value in service.get("environment", {}).items() if re.search("PASSWORD|URI|URL", key)]
        assert all(":?}" in value for value in secrets)
        assert "${" not in " ".join(service.get("command", []))
    redis = " ".join(services["redis"]["command"])
    for wanted in ("requirepass", "appendonly yes", "maxmemory-policy noeviction"):
        assert wanted in redis


def test_the_schedules_start_three_workers_of_one_crawl() -> None:
    """The plan is understood; its schedules differ in their names only, and its nodes are those of the compose file."""
    plan = read_plan(FOLDER / "schedules.toml", {})
    assert len(plan.schedules) == 3
    raw = (FOLDER / "schedules.toml").read_text()
    assert len(set(re.findall(r"^args = .*$", raw, re.MULTILINE))) == 1
    nodes = re.findall(r'^url = "http://(\w+):6800"$', raw, re.MULTILINE)
    assert nodes == [name for name in compose()["services"] if name.startswith("worker")]


def test_prometheus_asks_what_is_there() -> None:
    """Its one target is the exporter of the compose file."""
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (target,) = config["scrape_configs"][0]["static_configs"][0]["targets"]
    assert target.partition(":")[0] in compose()["services"]


def test_the_deployment_is_one() -> None:
    """Kubernetes' own schema takes it, and no misspelling of it; its arguments are those of a crawl."""
    found = yaml.safe_load((FOLDER / "workers.yaml").read_text())
    kubernetes_validate.validate(found, "1.34", strict=True)
    container = found["spec"]["template"]["spec"]["containers"][0]
    pairs = list(zip(container["args"][::2], container["args"][1::2], strict=True))
    parse_args(dict(pair.split("=", 1) for option, pair in pairs if option == "-a"))
    container["imagePullPolice"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(found, "1.34", strict=True)


def test_the_image_of_the_deployment_can_be_built() -> None:
    """Its Dockerfile, which workers.yaml and docs/scale.md name, copies what there is and gives the image of both."""
    text = (FOLDER / "Dockerfile").read_text()
    line = re.search(r"docker build -f deploy/cluster/Dockerfile -t (\S+) \.", text)
    assert line is not None
    spec = yaml.safe_load((FOLDER / "workers.yaml").read_text())["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == line[1]
    for named in (FOLDER / "workers.yaml", ROOT / "docs/scale.md", ROOT / "docs/scale.zh-CN.md"):
        assert line[0] in named.read_text(encoding="utf-8")
    copied = [name for names in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for name in names.split()]
    assert {"kolcrawl", "spiders", "pipelines", "pyproject.toml"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert f"--uid {spec['securityContext']['runAsUser']} " in text


def test_every_node_keeps_what_it_has() -> None:
    """Each node has a volume of its own for eggs, memory of jobs and spool, and the channels of notifications."""
    services = compose()["services"]
    nodes = {name: service for name, service in services.items() if name.startswith("worker")}
    for name, node in nodes.items():
        assert f"{name}:/var/lib/scrapyd" in node["volumes"]
        channels = {"WEBHOOK", "SECRET", "MAIL", "MAIL_FROM", "SMTP", "COMMAND"}
        assert {f"NOTIFY_{channel}" for channel in channels} <= set(node["environment"])
    assert len(nodes) == 3
