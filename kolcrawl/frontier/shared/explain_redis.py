"""The errors of a Redis as ours: one line each, with the remedy, and whether waiting may help."""

from __future__ import annotations

from redis import exceptions as redis_errors

from kolcrawl.frontier.shared.frontier_errors import FrontierAwayError, FrontierError, FrontierFullError
from kolcrawl.locale import Message, os_reason

_REFUSALS = (redis_errors.AuthenticationError, redis_errors.AuthorizationError, redis_errors.NoPermissionError)
_REFUSED = ("NOAUTH", "WRONGPASS", "NOPERM")
_PASSING = ("READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "MISCONF", "TRYAGAIN", "NOREPLICAS", "UNBLOCKED")
_MOVING = (redis_errors.ReadOnlyError, redis_errors.ClusterError, redis_errors.RedisClusterException,
           redis_errors.AskError, redis_errors.TryAgainError)  # fmt: skip
"""Another node has taken over, or is about to."""


def explain(error: Exception, shown: str) -> FrontierError:
    """Return our error for one of Redis's client, or of the system.

    Args:
        shown: the address without its credentials.
    """
    text = " ".join(str(error).split())[:200] or type(error).__name__
    if isinstance(error, _REFUSALS) or text.startswith(_REFUSED):
        return FrontierError("the Redis at {url} refuses the login or a command: {error}", url=shown, error=text)
    if isinstance(error, redis_errors.OutOfMemoryError) or "OOM" in text:
        return FrontierFullError(
            "the Redis at {url} is full: raise its maxmemory, or remove crawls by scrapy frontier", url=shown
        )
    if isinstance(error, redis_errors.BusyLoadingError):
        return FrontierAwayError("the Redis at {url} is still reading its data", url=shown)
    if isinstance(error, redis_errors.ConnectionError | redis_errors.TimeoutError | OSError):
        cause = error if isinstance(error, OSError) else error.__context__
        reason = os_reason(cause) if isinstance(cause, OSError) else Message(text)
        return FrontierAwayError(
            "the Redis at {url} does not answer ({reason}): start it or correct FRONTIER_URL", url=shown, reason=reason
        )
    if isinstance(error, _MOVING) or text.startswith(_PASSING):
        return FrontierAwayError("the Redis at {url} cannot be written: {error}", url=shown, error=text)
    return FrontierError("the Redis at {url}: {error}", url=shown, error=text)
