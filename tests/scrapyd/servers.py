"""A real Scrapyd on loopback, as docs/scrapyd.md sets one up: our scrapyd.conf, an empty folder, our egg."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.crawling import ROOT
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

USER, PASSWORD = "deployer", "a secret"


def checkout(folder: Path) -> Path:
    """A clean checkout of this tree as it stands: a git repository of its own with nothing to commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    who = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "as it stands"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder


def bare_python(folder: Path) -> Path:
    """A Python that has what requirements.txt names, and not kolcrawl: .pth files of the other are not followed."""
    venv.create(folder, with_pip=False)
    paths = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without proxies and without anything that is meant for kolcrawl, Scrapy or Scrapyd."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("MONGO_", "KOLCRAWL_", "SCRAPY", "NOTIFY_"))
    }
    return kept | {"PYTHONUTF8": "1", "no_proxy": "*"} | more


def until(true: Callable[[], Any], seconds: float = 120, what: str = "it") -> Any:
    """Wait until a call gives something true, and return that."""
    end = time.monotonic() + seconds
    while not (value := true()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.2)
    return value


@dataclass
class Scrapyd:
    """One node."""

    python: Path
    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(exist_ok=True)
        conf = (ROOT / "deploy/scrapyd/scrapyd.conf").read_text().replace("poll_interval = 2.0", "poll_interval = 0.3")
        (self.folder / "scrapyd.conf").write_text(conf)
        with (self.folder / "scrapyd.out").open("ab") as out:
            self.process = subprocess.Popen(
                [str(self.python), "-m", "scrapyd", "--nodaemon", "--pidfile="],
                cwd=self.folder,
                env=self.environment
                | {"SCRAPYD_HTTP_PORT": str(self.port), "SCRAPYD_USERNAME": USER, "SCRAPYD_PASSWORD": PASSWORD},
                stdout=out,
                stderr=out,
            )
        until(self.answers, 120, "Scrapyd's start")

    def answers(self) -> bool:
        """Whether it is up."""
        with contextlib.suppress(requests.ConnectionError):
            return bool(self.get("daemonstatus")["status"] == "ok")
        return False

    def stop(self) -> None:
        """End it, and its jobs."""
        if self.process is None:
            return
        jobs = self.get("listjobs")["running"] if self.answers() else []
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process = None
        for job in jobs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(job["pid"], signal.SIGKILL)

    def get(self, service: str, **fields: str) -> dict[str, Any]:
        """GET a service of the API."""
        return self._answer(requests.get(f"{self.url}/{service}.json", params=fields, **self._how()))

    def post(self, service: str, **fields: Any) -> dict[str, Any]:
        """POST to a service of the API; lists are sent as repeated fields."""
        return self._answer(requests.post(f"{self.url}/{service}.json", data=fields, **self._how()))

    def schedule(self, job: str, spider: str = "related", settings: dict[str, str] | None = None, **args: str) -> None:
        """Schedule a crawl."""
        given = [f"{name}={value}" for name, value in (settings or {}).items()]
        answer = self.post("schedule", project="kolcrawl", spider=spider, jobid=job, setting=given, **args)
        assert answer["status"] == "ok", answer

    def state(self, job: str) -> str:
        """`pending`, `running`, `finished` or nothing."""
        found = self.get("listjobs", project="kolcrawl")
        return next((s for s in ("running", "pending", "finished") if job in [j["id"] for j in found[s]]), "")

    def ends(self, job: str) -> int:
        """How often jobs of this id have ended."""
        return [each["id"] for each in self.get("listjobs", project="kolcrawl")["finished"]].count(job)

    def finished(self, job: str, seconds: float = 240) -> str:
        """Wait for the end of a job. Returns: its log."""
        until(lambda: self.state(job) == "finished", seconds, f"the end of job {job}")
        return self.log(job)

    def log(self, job: str, spider: str = "related") -> str:
        """The log of a job, over the API; empty before there is one."""
        answer = requests.get(f"{self.url}/logs/kolcrawl/{spider}/{job}.log", **self._how())
        return answer.content.decode() if answer.ok else ""

    def _how(self) -> dict[str, Any]:
        return {"auth": (USER, PASSWORD), "timeout": 30, "proxies": {"http": ""}}

    def _answer(self, answer: requests.Response) -> dict[str, Any]:
        assert answer.headers["Content-Type"].startswith("application/json"), answer.text
        found: dict[str, Any] = answer.json()
        return found


def run(command: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this Python's environment."""
    bin_folder = str(Path(sys.executable).parent)
    path = bin_folder + os.pathsep + os.environ.get("PATH", "")
    return subprocess.run(
        command,
        cwd=cwd,
        env=clean_environment(PATH=path, **environment),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
