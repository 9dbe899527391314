"""The wheel: what is in it, and that it works in a new environment, far from any checkout."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from kolcrawl.crawl.args import READERS
from kolcrawl.crawl.argument_help import CRAWL_ARGUMENTS, SAMPLE_ARGUMENTS
from tests.crawling import read_stored
from tests.scrapyd.servers import bare_python, checkout, clean_environment

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built where an egg was built before."""
    tree, out = checkout(tmp_path_factory.mktemp("tree")), tmp_path_factory.mktemp("wheel")
    (tree / "build" / "lib" / "spiders").mkdir(parents=True)
    (tree / "build" / "lib" / "spiders" / "left_over.py").touch()
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        ".",
    ]
    subprocess.run(command, cwd=tree, check=True, capture_output=True, timeout=120)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that has the wheel, and what it requires."""
    python = bare_python(tmp_path_factory.mktemp("environment") / "venv")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return python.parent


def run(environment: Path, folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment in a folder."""
    return subprocess.run(
        [str(environment / words[0]), *words[1:]], cwd=folder, env=clean_environment(**variables),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_nothing_but_kolcrawl_is_thrust_on_an_environment(wheel: Path) -> None:
    """Spiders and pipelines travel inside kolcrawl, whole, and nothing of an earlier build with them."""
    names = [name for name in ZipFile(wheel).namelist() if not name.endswith("/")]
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"kolcrawl"}
    root = Path(__file__).parents[2]
    inside = {name.removeprefix("kolcrawl/bundled/") for name in names if name.startswith("kolcrawl/bundled/")}
    assert inside == {str(p.relative_to(root)) for name in ("spiders", "pipelines") for p in (root / name).glob("*.py")}


def test_a_crawl_far_from_any_checkout(environment: Path, data_dir: Path, tmp_path: Path) -> None:
    """In an empty folder, `kolcrawl sample` crawls; what it says to do next can be typed, and in Chinese as well."""
    done = run(environment, tmp_path, "kolcrawl", "sample", "--database", "from_wheel", KOLCRAWL_DATA_DIR=str(data_dir))
    assert done.returncode == 0, done.stderr
    assert len(read_stored(data_dir, "from_wheel").fetched()) > 15
    assert " depth: one step further: --depth 3" in done.stdout
    assert "scrapy" not in done.stdout
    line = next(line for line in done.stdout.splitlines() if " crawls " in line)
    told = run(environment, tmp_path, *line.split(), KOLCRAWL_DATA_DIR=str(data_dir))
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("crawl 20")
    chinese = run(environment, tmp_path, *line.split(), KOLCRAWL_DATA_DIR=str(data_dir), LC_ALL="zh_CN.UTF-8")
    assert chinese.stdout.startswith("爬取 20")
    assert list(tmp_path.iterdir()) == []


def test_in_a_scrapy_project_of_ones_own(environment: Path, tmp_path: Path) -> None:
    """The lines that README.md gives, below what `scrapy startproject` wrote, give a project our commands, add-ons and
    spiders beside its own; without them, or with them above what undoes them, a crawl says so."""
    scrapy = ("python", "-m", "scrapy")
    assert run(environment, tmp_path, *scrapy, "startproject", "mine", ".").returncode == 0
    settings = tmp_path / "mine" / "settings.py"
    template = settings.read_text(encoding="utf-8")
    spider = "from kolcrawl.spider import StorySpider\n\n\nclass Own(StorySpider):\n    name = 'own'\n"
    (tmp_path / "mine" / "spiders" / "own.py").write_text(spider, encoding="utf-8")
    address = ("-a", "url=https://a.example/1.html")
    alone = run(environment, tmp_path, *scrapy, "crawl", "own", *address)
    assert "end its settings.py with `from kolcrawl.settings import *`" in alone.stderr
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = next(block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "SPIDER_MODULES" in block)
    settings.write_text(lines + template, encoding="utf-8")
    for name in ("own", "related"):
        undone = run(environment, tmp_path, *scrapy, "crawl", name, *address)
        assert (undone.returncode, undone.stderr.count("\n")) == (2, 1)
        assert "move `from kolcrawl.settings import *` to the end of its settings.py" in undone.stderr
    settings.write_text(template + lines, encoding="utf-8")
    listed = run(environment, tmp_path, *scrapy, "list")
    assert {"own", "related", "sample"} <= set(listed.stdout.split())
    assert "timeline" in run(environment, tmp_path, *scrapy).stdout
    wrong = run(environment, tmp_path, *scrapy, "crawl", "own", *address, "-a", "depth=deep")
    assert wrong.stderr.startswith("scrapy crawl: depth='deep'")  # the next thing that is checked
    assert "FrontierAddon" in run(environment, tmp_path, *scrapy, "settings", "--get", "ADDONS").stdout


def test_words_that_cannot_be_used(environment: Path, tmp_path: Path) -> None:
    """A misspelled command, option or value is named, with exit code 2, and nothing begins."""
    wrong = run(environment, tmp_path, "python", "-m", "kolcrawl", "stroy")
    assert (wrong.returncode, wrong.stderr) == (2, "kolcrawl: there is no command 'stroy': did you mean story?\n")
    option = run(environment, tmp_path, "kolcrawl", "crawl", "https://a.example/1.html", "--max-page", "x", "--dpeth=3")
    assert option.returncode == 2
    assert option.stderr.splitlines()[-1].startswith("kolcrawl crawl: error: ")
    value = run(environment, tmp_path, "kolcrawl", "crawl", "https://a.example/1.html", "--depth", "deep")
    assert (value.returncode, value.stderr.splitlines()[-1]) == (
        2,
        "kolcrawl crawl: depth='deep' is no whole number from 0 to a billion, e.g. --depth 2",
    )


def test_every_argument_of_a_crawl_is_an_option() -> None:
    """A new argument of the spider has its option, or this fails."""
    assert CRAWL_ARGUMENTS.keys() == {"urls", *READERS}
    assert SAMPLE_ARGUMENTS.keys() == {"edition", *CRAWL_ARGUMENTS}


def test_a_script_in_the_folder_above_a_checkout(tmp_path: Path) -> None:
    """A folder `kolcrawl` beside a script, as a checkout has it, does not hide the installed package."""
    (tmp_path / "kolcrawl").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "import kolcrawl, kolcrawl.network; kolcrawl.__version__"], cwd=tmp_path,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
