"""One Scrapyd for the tests of this folder, with the project deployed to it from a clean checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scrapyd.servers import PASSWORD, USER, Scrapyd, bare_python, checkout, clean_environment, run


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean checkout."""
    return checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python without kolcrawl."""
    return bare_python(tmp_path_factory.mktemp("bare") / "venv")


@pytest.fixture(scope="session")
def egg(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The egg that scrapyd-deploy builds."""
    file = tmp_path_factory.mktemp("egg") / "kolcrawl.egg"
    built = run(["scrapyd-deploy", "--build-egg", str(file)], tree)
    assert file.exists(), built.stderr
    return file


@pytest.fixture(scope="session")
def node(tree: Path, python: Path, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    """A running Scrapyd that has the project."""
    environment = clean_environment(KOLCRAWL_DATA_DIR=str(data_dir))
    node = Scrapyd(python, tmp_path_factory.mktemp("scrapyd") / "work", environment)
    node.start()
    try:
        deployed = run(
            ["scrapyd-deploy", "server", "--version", "1"],
            tree,
            SCRAPYD_URL=node.url,
            SCRAPYD_USERNAME=USER,
            SCRAPYD_PASSWORD=PASSWORD,
        )
        assert '"status": "ok"' in deployed.stdout, deployed.stdout + deployed.stderr
        yield node
    finally:
        node.stop()
