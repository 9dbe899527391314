"""What users are told to do about a reason."""

from __future__ import annotations

from typing import get_args

from kolcrawl.net.reasons import REASONS
from kolcrawl.policy.scope import Reason
from kolcrawl.report.advice import ADVICE, advice


def test_every_reason_has_advice() -> None:
    """Each code that a fetch or a cut gives has advice of its own, not the last resort of reading the log."""
    assert {reason for reason in {*REASONS, *get_args(Reason)} if reason not in ADVICE} == set()


def test_codes_of_servers_get_the_advice_of_their_class() -> None:
    """Any other answer of a server says what it was, and an unknown code sends to the log."""
    assert advice("http_502") == advice("http_503")
    assert advice("http_418") == "the site answered 418"
    assert advice("never_heard_of") == "see the log (-L INFO)"
