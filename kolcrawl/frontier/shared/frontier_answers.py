"""What a worker wishes to lease, and what Redis answers to its steps: `LeaseWish`, `Leased`, `Popped`, ... Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.locale import Message

if TYPE_CHECKING:
    from kolcrawl.frontier.shared.frontier_figures import FrontierFigures


@dataclass(frozen=True, slots=True)
class LeaseWish:
    """Requests that a worker could take."""

    want: int
    """How many at most."""
    max_pages: int = 0
    per_site: int = 0
    """The budget; 0 sets no limit."""
    own_hosts: tuple[str, ...] = ()
    """Hosts that this worker had last, and that have rested."""
    figures: bool = True
    """Whether figures are wanted."""
    steal_ms: int = 1_000
    """Milliseconds that a host waits for the worker that had it last."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A request that this worker has now."""

    id: bytes
    token: str
    host: str
    depth: int
    """The least number of steps from a seed that is known by now."""
    kills: int
    verdict: str
    """Empty: to be fetched. `budget`, `site_budget`, `elsewhere` (read under another address), `crash` (its worker
    died too often): not to be. `follow`: its links are to be followed again, from this depth."""
    text: bytes


@dataclass(frozen=True, slots=True)
class Popped:
    """The answer to `pop`."""

    state: str
    """`open`, `paused` or `ended`."""
    wait: float
    """Seconds until it is worth asking again, if nothing happens here."""
    pending: int
    """Requests that wait or are leased, by whomever."""
    figures: FrontierFigures
    """Those of the last time that they were wanted."""
    requests: tuple[Leased, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer to `settle`."""

    added: int
    """Requests that were added."""
    known: int
    """Requests that were there before."""
    lost: int
    """Leases of which others have the requests now."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The answer to `enter`."""

    began: bool
    seeded: bool
    pending: int
    began_at: float
    """Seconds since the epoch, by the clock of Redis."""

    @property
    def how(self) -> Message:
        """Say whether the worker begins a crawl or joins one, as the beginning of a line of the log."""
        return Message("beginning") if self.began else Message("joining ({n} requests pending)", n=self.pending)
