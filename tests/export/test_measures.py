"""What an export computes: sites, communities, degrees, betweenness, and a picture."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import openpyxl
import pytest
from lxml import etree

from benchmarks.export import Generated
from kolcrawl.cli.export_progress import ExportProgress
from kolcrawl.errors import ArgumentError
from kolcrawl.export import MEASURES, Selection, export, measures
from kolcrawl.export.xlsx import Sheets
from tests.small_network import FORMULA, GOSSIP, REPORT, SEED, key

if TYPE_CHECKING:
    from kolcrawl.network import Network

ROOT = Path(__file__).parents[2]


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_measures_are_those_of_networkx(tmp_path: Path) -> None:
    """In-degree and betweenness of a network of 120 stories are what another library computes from the written edges;
    communities are numbered from the largest, and hold more links than chance would."""
    network: Any = Generated(60)
    export(network, Selection(), tmp_path / "net.csv", measures=tuple(MEASURES))
    nodes = {row["Id"]: row for row in table(tmp_path / "net.nodes.csv")}
    graph = nx.DiGraph((row["Source"], row["Target"]) for row in table(tmp_path / "net.edges.csv"))
    graph.add_nodes_from(nodes)
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    assert {one: int(row["in_degree"]) for one, row in nodes.items()} == dict(graph.in_degree)
    for one, value in nx.betweenness_centrality(graph).items():
        assert float(nodes[one]["betweenness"]) == pytest.approx(value, abs=1e-9)
    found: dict[int, set[str]] = {}
    for one, row in nodes.items():
        found.setdefault(int(row["community"]), set()).add(one)
    sizes = [len(found[number]) for number in range(len(found))]
    assert sizes == sorted(sizes, reverse=True)
    assert nx.community.modularity(graph.to_undirected(), found.values()) > 0.1


def test_betweenness_is_refused_where_it_takes_hours(
    affair: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clear line with the remedy, and no file."""
    monkeypatch.setattr(measures, "MAX_BETWEENNESS_STEPS", 50)
    with pytest.raises(
        ArgumentError, match="betweenness of 10 nodes and 11 edges takes more than half an hour: export a part"
    ):
        export(affair, Selection(), tmp_path / "net.csv", measures=["betweenness"])
    with pytest.raises(ArgumentError, match="--measures rank: there are community"):
        export(affair, Selection(), tmp_path / "net.csv", measures=["rank"])
    assert list(tmp_path.iterdir()) == []


def test_the_network_of_sites(affair: Network, tmp_path: Path) -> None:
    """Sites hold all stories, edges between them and the inner links all links; nothing is counted twice."""
    export(affair, Selection(), tmp_path / "stories.csv")
    content = export(affair, Selection(nodes="sites"), tmp_path / "sites.csv", measures=["in_degree"])
    stories, links = table(tmp_path / "stories.nodes.csv"), table(tmp_path / "stories.edges.csv")
    sites, edges = table(tmp_path / "sites.nodes.csv"), table(tmp_path / "sites.edges.csv")
    assert {row["Id"]: int(row["stories"]) for row in sites} == {
        site: sum(row["site"] == site for row in stories) for site in sorted({row["site"] for row in stories})
    }
    assert sum(int(row["weight"]) for row in edges) + sum(int(row["inner_links"]) for row in sites) == len(links)
    assert all(row["Source"] != row["Target"] for row in edges)
    site_of = {row["Id"]: row["site"] for row in stories}
    for edge in edges:
        ends = [
            row
            for row in links
            if (site_of[row["Source"]], site_of[row["Target"]], row["kind"])
            == (edge["Source"], edge["Target"], edge["kind"])
        ]
        assert len(ends) == int(edge["weight"])
        assert edge["first_seen"] == min(row["first_seen"] for row in ends)
        assert edge["active"] == ("true" if any(row["active"] == "true" for row in ends) else "false")
    counts = content["counts"]
    assert (counts["nodes"], counts["edges"], counts["stories"], counts["links"]) == (len(sites), len(edges), 10, 11)
    assert int(next(row for row in sites if row["Id"] == "example.net")["copies"]) == 1
    export(affair, Selection(nodes="sites"), tmp_path / "sites.gexf", picture=True)
    assert len(nx.read_gexf(tmp_path / "sites.gexf")) == len(sites)


def test_groups_are_folded_copies(affair: Network, tmp_path: Path) -> None:
    """`groups` gives the rows that folding copies gives."""
    for name, chosen in (("a", Selection(nodes="groups")), ("b", Selection(collapse_copies=True))):
        export(affair, chosen, tmp_path / f"{name}.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_the_picture(affair: Network, tmp_path: Path) -> None:
    """Places lie apart, the most linked story is the largest, linked stories of a community share a colour; a
    picture can be drawn from the file alone."""
    export(affair, Selection(), tmp_path / "net.gexf", measures=["in_degree"], picture=True)
    graph = nx.read_gexf(tmp_path / "net.gexf")
    looks = {one: graph.nodes[one]["viz"] for one in graph}
    places = [(look["position"]["x"], look["position"]["y"]) for look in looks.values()]
    apart = [abs(complex(*a) - complex(*b)) for number, a in enumerate(places) for b in places[:number]]
    assert min(apart) > measures.MIN_SIZE
    most = max(graph.nodes[one]["in_degree"] for one in graph)
    largest = {one for one in graph if looks[one]["size"] == measures.MAX_SIZE}
    assert largest == {one for one in graph if graph.nodes[one]["in_degree"] == most}
    colors = {one: tuple(looks[one]["color"][channel] for channel in "rgb") for one in graph}
    assert colors[key(SEED)] == colors[key(REPORT)]
    assert len(set(colors.values())) > 1
    drawn = tmp_path / "net.svg"
    subprocess.run(
        [sys.executable, ROOT / "docs" / "draw_gexf.py", tmp_path / "net.gexf", drawn], check=True, timeout=60
    )
    assert len(etree.parse(drawn).findall("{*}circle")) == 10


def test_excel(affair: Network, tmp_path: Path) -> None:
    """Two sheets with the columns of the CSV files; times are times, and their headings name the zone."""
    export(affair, Selection(with_text=True), tmp_path / "net.xlsx")
    export(affair, Selection(with_text=True), tmp_path / "net.csv")
    book = openpyxl.load_workbook(tmp_path / "net.xlsx")
    for name, rows in (("nodes", 10), ("edges", 11)):
        cells = list(book[name].iter_rows(values_only=True))
        assert [str(head).removesuffix(" (UTC)") for head in cells[0]] == list(table(tmp_path / f"net.{name}.csv")[0])
        assert len(cells) == rows + 1
    nodes = {row[0].value: row for row in book["nodes"].iter_rows(min_row=2)}
    header = [cell.value for cell in book["nodes"][1]]
    title = nodes[key(GOSSIP)][header.index("title")]
    assert (title.value, title.data_type, title.quotePrefix) == (FORMULA, "s", True)
    assert nodes[key(SEED)][header.index("published_at (UTC)")].is_date


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\uff1d1", "x;=1", "http://a.example/"]
)
def test_no_cell_of_a_sheet_runs(text: str) -> None:
    """A text stays a text, also when somebody edits its cell; addresses are no links."""
    file = io.BytesIO()
    with Sheets(file) as sheets:
        sheets.add("one", ["text"], [[text], ["a\x00b\x08" + "x" * 40_000]])
    cells = [cell[0] for cell in openpyxl.load_workbook(file)["one"].iter_rows(min_row=2)]
    assert (cells[0].value, cells[0].data_type, cells[0].hyperlink) == (text, "s", None)
    assert cells[0].quotePrefix == (not text.startswith("http"))
    assert cells[1].value == "ab" + "x" * 32_765


def test_a_bar_on_a_terminal(affair: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal sees how far it is, and in the end an empty line; a file sees nothing."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("kolcrawl.cli.export_progress.SHOWN_EVERY", 0.0)
    monkeypatch.setattr("kolcrawl.cli.export_progress.WATCHED_ROWS", 1)
    for stream in (Terminal(), io.StringIO()):
        with ExportProgress(stream, 21) as progress:
            export(affair, Selection(), tmp_path / "net.jsonl", watch=progress.show)
        states = stream.getvalue().split("\r\x1b[K")[1:]
        if stream.isatty():
            assert states[-2] == f"[{'#' * 24}] 100% 10 stories, 11 links read"
            assert states[-1] == ""
        else:
            assert stream.getvalue() == ""
