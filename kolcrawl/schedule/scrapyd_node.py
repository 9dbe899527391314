"""The API of a Scrapyd node (version 1.6)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kolcrawl.schedule.dispatch import Jobs
from kolcrawl.system.http_client import ServiceError, call

if TYPE_CHECKING:
    from kolcrawl.schedule.plan import NodeAddress, Schedule

TIMEOUT_SECONDS = 15.0  # a node under load answers in one or two
LISTING_SECONDS = 40.0
"""The same for what makes Scrapyd list the spiders of a project, in a process that loads all of it, while it answers
nobody else; less than `dispatch.START_GRACE`, after which a run that a node does not know is started again."""
MAX_MESSAGE_CHARS = 300


class ScrapydNode:
    """A `kolcrawl.schedule.dispatch.Node` that is a Scrapyd."""

    def __init__(self, address: NodeAddress) -> None:
        self.url = address.url
        self._headers: dict[str, str] = {}
        if address.username:
            secret = f"{address.username}:{address.password}".encode()
            self._headers["Authorization"] = "Basic " + base64.b64encode(secret).decode()

    def jobs(self) -> Jobs:
        """List the jobs of all projects."""
        found = self._call("listjobs")
        try:
            ids = {state: frozenset(job["id"] for job in found[state]) for state in ("pending", "running", "finished")}
        except (KeyError, TypeError):
            raise ServiceError("{url} gives no list of jobs; is it a Scrapyd?", url=self.url, status=200) from None
        return Jobs(**ids)

    def start(self, schedule: Schedule, job: str) -> None:
        """Schedule a crawl; it gets its schedule's name as the setting KOLCRAWL_SCHEDULE."""
        settings = {**schedule.settings, "KOLCRAWL_SCHEDULE": schedule.name}
        fields = [("project", schedule.project), ("spider", schedule.spider), ("jobid", job)]
        fields += [("setting", f"{name}={value}") for name, value in settings.items()]
        self._call("schedule", urlencode([*fields, *schedule.args.items()]).encode(), seconds=LISTING_SECONDS)

    def spiders(self, project: str) -> list[str]:
        """List the spiders of a deployed project."""
        service = f"listspiders.json?{urlencode({'project': project})}"
        found = self._call(service, suffix="", seconds=LISTING_SECONDS).get("spiders")
        if not isinstance(found, list):
            raise ServiceError("{url} gives no list of spiders; is it a Scrapyd?", url=self.url, status=200)
        return found

    def _call(
        self, service: str, body: bytes | None = None, suffix: str = ".json", seconds: float = TIMEOUT_SECONDS
    ) -> dict[str, Any]:
        try:
            answer = call(f"{self.url}/{service}{suffix}", body, self._headers, seconds)
        except ServiceError as error:
            if error.status == 401:
                raise ServiceError(
                    "{url} wants a name and a password: set SCRAPYD_USERNAME and SCRAPYD_PASSWORD",
                    url=self.url,
                    status=401,
                ) from None
            if error.status is not None and error.status >= 500 and body is not None:
                # A proxy in front of the node answers: the node itself may have got the request.
                raise ServiceError(error.args[0]) from None
            raise
        try:
            found = json.loads(answer)
        except ValueError:
            raise ServiceError("{url} does not answer in JSON; is it a Scrapyd?", url=self.url, status=200) from None
        if not isinstance(found, dict) or found.get("status") != "ok":
            reason = found.get("message") if isinstance(found, dict) else None
            raise ServiceError("{url} refuses: {reason}", url=self.url, reason=_last_line(reason), status=200)
        return found


def _last_line(message: object) -> str:
    """Take the last line of a message; the last line of a traceback says what was wrong."""
    lines = str(message or "it does not say why").strip().splitlines()
    return lines[-1][:MAX_MESSAGE_CHARS]
