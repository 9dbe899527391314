"""What can go wrong, by name. Every message names the thing at fault and the remedy."""

from __future__ import annotations

from typing import ClassVar, Final

from kolcrawl.locale import Message


class KolcrawlError(Exception):
    """Base of all errors that kolcrawl raises on purpose; its text is fit to be shown to a user.

    As text it is English; `kolcrawl.locale.shown` gives it in the user's language.
    """

    exit_code: ClassVar[int] = 1
    """With which a command ends."""

    def __init__(self, message: str, /, **values: object) -> None:
        """Say what is wrong.

        Args:
            message: English, with names in braces where there are values.
            values: by these names.
        """
        super().__init__(Message(message, **values))


STORE_LOST: Final = "store_unavailable"
"""Finish reason of a crawl whose database cannot be used, or was lost."""


def finish_reason(error: Exception) -> str:
    """Return the finish reason of a crawl that could not begin: the error's own, or that the database failed."""
    return str(getattr(error, "reason", STORE_LOST))


class ArgumentError(KolcrawlError):
    """A spider or command argument is unknown or has a value that cannot be used (from `kolcrawl.crawl.args`)."""

    exit_code = 2


class UnmetArgumentError(ArgumentError):
    """An argument can be read, but what it asks for is not there or cannot be done."""

    exit_code = 1


class ConfigError(KolcrawlError):
    """A setting has a value that cannot be used (raised by `kolcrawl.config`)."""


class WrongSettingError(ConfigError):
    """A setting, or a line of a file of settings, has a name or a value that cannot be read."""

    exit_code = 2


class UrlError(KolcrawlError, ValueError):
    """A text is no http or https URL of a page (raised by `kolcrawl.urls`)."""


class PageError(KolcrawlError):
    """A page cannot be read at all (raised by `kolcrawl.page`).

    `reason` is the stable code that is stored with a failed story: `not_html`, `empty`, `too_large`, `bad_url`, or
    `unreadable` where the reader is at fault. `trace` is then the traceback as text, for the log; else None.
    """

    def __init__(self, reason: str, message: str, trace: str | None = None) -> None:
        super().__init__(message)
        self.reason, self.trace = reason, trace

    def __reduce__(self) -> tuple[type[PageError], tuple[str, str, str | None]]:
        """Let it come back from another process."""
        return PageError, (self.reason, str(self), self.trace)


class StoreError(KolcrawlError):
    """The database cannot be used (raised by `kolcrawl.store`)."""


class EmptyDatabaseError(StoreError):
    """The database holds nothing, and others of its server do: its name is likely wrong."""


class StoreUnavailableError(StoreError):
    """No server answers, or it refuses the login; what is to be written can be kept and tried again."""


class StoreRefusedError(StoreUnavailableError):
    """The server refuses the login: waiting does not help."""


class EmbeddedServerError(StoreError):
    """The embedded server cannot be started, found or stopped (raised by `kolcrawl.store.server.embedded`)."""
