"""What is known of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from kolcrawl.system.machine import cores


@pytest.mark.parametrize(
    ("quota", "most"), [("max 100000", 64), ("100000 100000", 1), ("250000 100000", 2), ("5 9", 1)]
)
def test_a_containers_quota_counts(quota: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that may use two cores of sixty-four has two."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setattr("kolcrawl.system.machine.CGROUP_QUOTA", tmp_path / "cpu.max")
    assert cores() == 64
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert cores() == most
