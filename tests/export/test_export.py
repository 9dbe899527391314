"""Exports of a real network: read back by the programs they are for."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from benchmarks.export import Generated
from kolcrawl.errors import ArgumentError, ConfigError
from kolcrawl.export import FORMATS, MEASURES, ExportError, Part, Selection, export
from kolcrawl.export.csv import write_table
from kolcrawl.network import Network, StoryFilter, extras
from kolcrawl.network.selection import EDGE_COLUMNS, NODE_COLUMNS, Column
from tests.small_network import (
    AFTER,
    BEFORE,
    BROKEN,
    END,
    FIRST,
    FORMULA,
    GOSSIP,
    LATER,
    REPORT,
    REPRINT,
    SECOND,
    SEED,
    SEQUEL,
    STATEMENT,
    WANDERED,
    key,
)

GEXF = "{http://gexf.net/1.3}"
# the part of the published grammar of GEXF 1.3 that an export uses, in RELAX NG
GRAMMAR = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://gexf.net/1.3"
         xmlns:viz="http://gexf.net/1.3/viz"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="gexf"><attribute name="version"><value>1.3</value></attribute>
    <element name="meta">
      <element name="creator"><text/></element><element name="description"><text/></element>
    </element>
    <element name="graph">
      <attribute name="defaultedgetype"><value>directed</value></attribute>
      <attribute name="mode"><value>dynamic</value></attribute>
      <attribute name="timeformat"><choice><value>date</value><value>dateTime</value></choice></attribute>
      <zeroOrMore><element name="attributes">
        <attribute name="class"><choice><value>node</value><value>edge</value></choice></attribute>
        <attribute name="mode"><value>static</value></attribute>
        <zeroOrMore><element name="attribute">
          <attribute name="id"/><attribute name="title"/>
          <attribute name="type"><choice>
            <value>string</value><value>integer</value><value>double</value><value>boolean</value>
          </choice></attribute>
        </element></zeroOrMore>
      </element></zeroOrMore>
      <element name="nodes"><zeroOrMore><element name="node">
        <attribute name="id"/><attribute name="label"/><ref name="life"/><ref name="values"/>
        <element name="viz:size"><attribute name="value"><data type="float"/></attribute></element>
        <element name="viz:position">
          <attribute name="x"><data type="float"/></attribute><attribute name="y"><data type="float"/></attribute>
          <attribute name="z"><data type="float"/></attribute>
        </element>
        <element name="viz:color">
          <attribute name="r"><data type="unsignedByte"/></attribute>
          <attribute name="g"><data type="unsignedByte"/></attribute>
          <attribute name="b"><data type="unsignedByte"/></attribute>
        </element>
      </element></zeroOrMore></element>
      <element name="edges"><zeroOrMore><element name="edge">
        <attribute name="id"/><attribute name="source"/><attribute name="target"/><attribute name="kind"/>
        <ref name="life"/><attribute name="weight"><data type="float"/></attribute><ref name="values"/>
      </element></zeroOrMore></element>
    </element>
  </element></start>
  <define name="life">
    <optional><attribute name="start"><data type="dateTime"/></attribute></optional>
    <optional><attribute name="end"><data type="dateTime"/></attribute></optional>
  </define>
  <define name="values"><element name="attvalues"><zeroOrMore>
    <element name="attvalue"><attribute name="for"/><attribute name="value"/></element>
  </zeroOrMore></element></define>
</grammar>"""


def rows(network: Network, **how: Any) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str, str], dict[str, Any]]]:
    """The nodes by URL and the edges by (source URL, target URL, kind) of a selection."""
    part = network.part(Selection(**how))
    nodes = {row["id"]: row for row in part.nodes()}
    name = {node_key: row["url"] for node_key, row in nodes.items()}
    edges = {(name[row["source"]], name[row["target"]], row["kind"]): row for row in part.edges()}
    return {row["url"]: row for row in nodes.values()}, edges


# --- what is selected


def test_everything(affair: Network) -> None:
    """Without a choice: all stories but merged ones, all links, in a fixed order, with every column."""
    nodes, edges = rows(affair)
    assert len(nodes) == 10
    assert len(edges) == 11
    assert list(nodes[SEED]) == [column.name for column in NODE_COLUMNS]
    assert list(edges[SEED, LATER, "related"]) == [column.name for column in EDGE_COLUMNS]
    assert [row["id"] for row in nodes.values()] == sorted(row["id"] for row in nodes.values())
    seed, link = nodes[SEED], edges[SEED, REPORT, "related"]
    assert [(nodes[url]["published_precision"], nodes[url]["published_day"]) for url in (SEED, REPORT)] == [
        ("minute", "2026-03-01"),
        (None, None),
    ]
    assert (seed["site"], seed["status"], seed["depth"], seed["tags"], seed["hops"]) == (
        "example.com",
        "fetched",
        0,
        "品牌",
        None,
    )
    assert nodes[REPORT]["authors"] == "记者甲; 记者乙"
    assert (link["position"], link["first_seen"], link["last_seen"], link["seen_count"]) == (2, BEFORE, AFTER, 2)


def test_what_was_retitled(affair: Network) -> None:
    """Each story says how often it changed and under which title it was first read; as of a moment, by then."""
    nodes, _ = rows(affair)
    told = {url: (row["revisions"], row["retitled"], row["first_title"]) for url, row in nodes.items()}
    assert told.pop(SEED) == (1, True, "某品牌被曝与争议博主合作")
    assert set(told.values()) == {(0, False, None)}
    before, _ = rows(affair.as_of(AFTER - timedelta(days=1)))
    assert (before[SEED]["revisions"], before[SEED]["retitled"], before[SEED]["first_title"]) == (0, False, None)


def test_around_a_seed(affair: Network) -> None:
    """Stories within the hops, with their distance, and the links among them."""
    nodes, edges = rows(affair, seeds=[SEED], hops=1)
    assert {url: row["hops"] for url, row in nodes.items()} == {SEED: 0} | dict.fromkeys(
        [LATER, STATEMENT, REPORT, REPRINT, BROKEN], 1
    )
    assert (REPORT, SEED, "related") in edges
    assert not any(SEQUEL in ends for ends in edges)


def test_filters_keep_links_whole(affair: Network) -> None:
    """A filter on stories keeps just the links between stories it keeps; kinds choose among the links."""
    nodes, edges = rows(affair, where=StoryFilter(sites=["example.com"]))
    assert nodes.keys() == {SEED, REPORT, BROKEN, GOSSIP, SEQUEL, LATER}
    assert edges.keys() == {
        (SEED, LATER, "related"),
        (SEED, REPORT, "related"),
        (SEED, BROKEN, "related"),
        (SEED, GOSSIP, "popular"),
        (REPORT, SEED, "related"),
        (REPORT, SEQUEL, "related"),
    }
    assert rows(affair, kinds=["popular"])[1].keys() == {(SEED, GOSSIP, "popular")}


def test_copies_are_folded_into_their_leader(affair: Network) -> None:
    """One node for the group, with the links of all members: parallel ones become one that spans them."""
    nodes, edges = rows(affair, collapse_copies=True)
    assert nodes.keys() == {SEED, LATER, STATEMENT, REPORT, BROKEN, GOSSIP, SEQUEL, WANDERED, END}
    assert (nodes[REPORT]["copies"], nodes[SEED]["copies"]) == (1, 0)
    both = edges[REPORT, SEQUEL, "related"]
    assert both["position"] == 1
    assert both["first_seen"] == BEFORE + timedelta(minutes=1)
    assert both["last_seen"] == BEFORE + timedelta(minutes=3)
    assert both["seen_count"] == 2
    assert both["relevance"] == 1.0
    assert edges[REPORT, WANDERED, "related"]["position"] == 2
    to_report = edges[SEED, REPORT, "related"]
    assert (to_report["position"], to_report["seen_count"]) == (2, 4)
    assert len(edges) == 9
    assert rows(affair, collapse_copies=True, seeds=[REPRINT], hops=0)[0][REPORT]["hops"] == 0
    # a copy alone in the selection still shows as its leader
    assert rows(affair, where=StoryFilter(sites=["example.net"]), collapse_copies=True)[0].keys() == {REPORT, WANDERED}


def test_copies_without_their_leader(affair: Network) -> None:
    """Where a crawl saw a copy but not the leader of its group, the copy stands for itself."""
    try:
        affair.db.stories.update_one({"_id": key(SEQUEL)}, {"$set": {"group": key(BROKEN), "copy_of": key(BROKEN)}})
        nodes, edges = rows(affair.of_crawl(SECOND), collapse_copies=True)
        assert SEQUEL in nodes
        assert (SEQUEL, END, "related") in edges
        assert rows(affair, collapse_copies=True)[0].keys().isdisjoint({SEQUEL})
    finally:
        affair.db.stories.update_one({"_id": key(SEQUEL)}, {"$set": {"group": key(SEQUEL), "copy_of": None}})


def test_as_of_a_moment_and_of_a_crawl(affair: Network) -> None:
    """An export of the past holds the titles and links of then; of a crawl, what that crawl saw."""
    nodes, edges = rows(affair.as_of(BEFORE + timedelta(days=1)), with_text=True)
    assert LATER not in nodes
    assert (nodes[SEED]["title"], nodes[SEED]["text"]) == ("某品牌被曝与争议博主合作", "第一版正文。")
    assert edges[SEED, STATEMENT, "related"]["active"] is True
    nodes, edges = rows(affair.of_crawl(SECOND))
    assert nodes.keys() == {SEED, LATER, REPORT, REPRINT, STATEMENT, SEQUEL, END}
    assert (SEED, STATEMENT, "related") not in edges


# --- how it is written


def test_gexf(affair: Network, tmp_path: Path) -> None:
    """Valid GEXF 1.3: stories from their publication, links from first to last seen while they lasted, and looks."""
    export(affair, Selection(), tmp_path / "net.gexf", picture=True)
    tree = etree.parse(tmp_path / "net.gexf")
    grammar = etree.RelaxNG(etree.XML(GRAMMAR))
    assert grammar.validate(tree), grammar.error_log
    nodes = {node.get("id"): node for node in tree.iter(GEXF + "node")}
    assert nodes[key(SEED)].get("start") == "2026-03-01T12:00:00Z"
    assert nodes[key(LATER)].get("start") == "2026-03-09T00:00:00Z"
    edges = {(edge.get("source"), edge.get("target")): edge for edge in tree.iter(GEXF + "edge")}
    ended = edges[key(SEED), key(BROKEN)]
    assert (ended.get("start"), ended.get("end")) == ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z")
    assert edges[key(SEED), key(REPORT)].get("end") is None
    for (source, target), edge in edges.items():
        assert edge.get("start") >= max(nodes[source].get("start"), nodes[target].get("start"))
    assert nodes[key(STATEMENT)].get("end") == "2026-03-02T00:02:00Z"  # last had, gone a week later
    assert nodes[key(SEED)].get("end") is None
    graph = nx.read_gexf(tmp_path / "net.gexf")
    assert (len(graph), graph.number_of_edges()) == (10, 11)
    assert graph.nodes[key(SEED)]["label"] == "某品牌与争议博主解约"


def test_the_spread_by_publication(affair: Network, tmp_path: Path) -> None:
    """On request an edge begins when both its stories were published; one of folded copies weighs more."""
    export(affair, Selection(edge_time="published", collapse_copies=True), tmp_path / "net.gexf")
    tree = etree.parse(tmp_path / "net.gexf")
    edges = {(edge.get("source"), edge.get("target")): edge for edge in tree.iter(GEXF + "edge")}
    assert edges[key(SEED), key(REPORT)].get("start") == "2026-03-01T18:00:00Z"  # the report's publication
    assert (edges[key(SEED), key(REPORT)].get("weight"), edges[key(SEED), key(BROKEN)].get("weight")) == ("2", "1")
    assert edges[key(SEED), key(BROKEN)].get("start") == "2026-03-01T12:00:00Z"  # one publication is known
    assert nx.read_gexf(tmp_path / "net.gexf").number_of_edges() == 9


def test_graphml(affair: Network, tmp_path: Path) -> None:
    """GraphML reads in networkx and igraph with its types."""
    export(affair, Selection(), tmp_path / "net.graphml")
    graph = nx.read_graphml(tmp_path / "net.graphml")
    assert graph.nodes[key(REPORT)]["copies"] == 0
    assert graph.nodes[key(SEED)]["relevance"] == 1.0
    assert graph.edges[key(SEED), key(BROKEN)]["active"] is False
    other = igraph.Graph.Read_GraphML(str(tmp_path / "net.graphml"))
    assert (other.vcount(), other.ecount()) == (10, 11)


def test_control_characters_do_not_break_xml(affair: Network, tmp_path: Path) -> None:
    """A title with a backspace and markup in it is exported without the one and with the other as text."""
    for form in ("gexf", "graphml"):
        export(affair, Selection(), tmp_path / f"net.{form}")
        text = etree.parse(tmp_path / f"net.{form}")
        assert b"\x08" not in (tmp_path / f"net.{form}").read_bytes()
        assert "后续报道 <b>&" in "".join([*text.getroot().itertext(), *text.xpath("//@label")])


def test_csv(affair: Network, tmp_path: Path) -> None:
    """Two tables; nothing in them begins like a formula; Excel sees that they are UTF-8."""
    export(affair, Selection(with_text=True), tmp_path / "net.csv")
    content = (tmp_path / "net.nodes.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "net.nodes.csv").open(encoding="utf-8-sig", newline="") as file:
        nodes = {row["Id"]: row for row in csv.DictReader(file)}
    with (tmp_path / "net.edges.csv").open(encoding="utf-8-sig", newline="") as file:
        edges = list(csv.DictReader(file))
    assert nodes[key(GOSSIP)]["title"] == "'" + FORMULA
    assert nodes[key(SEED)]["text"] == "第二版正文，更长一些。"
    assert [row["anchor"] for row in edges if row["Target"] == key(GOSSIP)] == ["'" + FORMULA]
    assert {row["Label"] for row in nodes.values()} == {row["title"] or row["url"] for row in nodes.values()}
    assert list(edges[0])[:3] == ["Source", "Target", "Label"]
    ends = {(row["source_title"], row["target_url"]) for row in edges if row["Target"] == key(GOSSIP)}
    assert ends == {("某品牌与争议博主解约", GOSSIP)}
    assert not [cell for row in [*nodes.values(), *edges] for cell in row.values() if re.match(r"[=+\-@\t\r]", cell)]
    assert len(pd.read_csv(tmp_path / "net.nodes.csv", index_col="Id")) == 10
    export(affair, Selection(), tmp_path / "folder", "csv")
    assert {path.name for path in (tmp_path / "folder").iterdir()} == {"nodes.csv", "edges.csv", "manifest.json"}


@given(st.text(st.sampled_from("=+-@＝a ;,\t\r\n\"'"), max_size=12))
def test_no_cell_of_a_csv_begins_like_a_formula(text: str) -> None:
    """Neither where commas separate cells nor where semicolons or tabs do, as in many countries' spreadsheets."""
    file = io.BytesIO()
    write_table(file, [Column("title", "string"), Column("anchor", "string")], [{"title": "x", "anchor": text}])
    content = file.getvalue().decode("utf-8-sig")
    for separator in ",;\t":
        cells = [cell for row in csv.reader(io.StringIO(content, newline=""), delimiter=separator) for cell in row]
        assert not [cell for cell in cells if re.match(r" *[=+\-@＝]", cell)]


def test_jsonl(affair: Network, tmp_path: Path) -> None:
    """One object a line, nodes first."""
    export(affair, Selection(), tmp_path / "net.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "net.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["type"] for line in lines] == ["node"] * 10 + ["edge"] * 11
    assert {line["published_at"] for line in lines if line.get("id") == key(SEED)} == {"2026-03-01T12:00:00Z"}


def test_parquet(affair: Network, tmp_path: Path) -> None:
    """Two typed tables; times are timestamps in UTC."""
    export(affair, Selection(), tmp_path / "net.parquet")
    nodes, edges = pq.read_table(tmp_path / "net.nodes.parquet"), pq.read_table(tmp_path / "net.edges.parquet")
    assert (nodes.num_rows, edges.num_rows) == (10, 11)
    published = dict(zip(nodes["id"].to_pylist(), nodes["published_at"].to_pylist(), strict=True))
    assert published[key(SEED)] == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_bytes_again(affair: Network, tmp_path: Path, form: str) -> None:
    """The same database and arguments give the same bytes, the manifest among them."""
    for folder in ("one", "two"):
        chosen = Selection(with_text=True, collapse_copies=True)
        export(affair, chosen, tmp_path / folder / f"net.{form}", measures=tuple(MEASURES), picture=True)
    one, two = (sorted((tmp_path / folder).iterdir()) for folder in ("one", "two"))
    assert [path.name for path in one] == [path.name for path in two]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_manifest(affair: Network, tmp_path: Path) -> None:
    """The manifest says what was asked for, what came of it, how it was crawled, and when the data is from; what a
    later crawl found is no part of it."""
    export(affair.of_crawl(FIRST), Selection(kinds=["related"], seeds=[SEED], hops=1), tmp_path / "net.gexf")
    content = json.loads((tmp_path / "net.gexf.manifest.json").read_text(encoding="utf-8"))
    assert content["selection"]["kinds"] == ["related"]
    assert (content["selection"]["crawl"], content["selection"]["seeds"]) == (FIRST, [SEED])
    assert content["counts"] == {
        "nodes": 5,
        "edges": 5,
        "nodes_by_status": {"fetched": 4, "failed": 1},
        "edges_by_kind": {"related": 5},
    }
    assert content["failures"] == {"http_503": 1}
    assert list(content["crawls"]) == [FIRST]
    assert content["crawls"][FIRST]["settings"] == {"ROBOTSTXT_OBEY": True}
    assert content["crawls"][FIRST]["failures"] == {"http_503": 1}
    assert content["versions"].keys() >= {"kolcrawl", "schema", "python"}
    assert re.fullmatch("[0-9a-f]{40}", content["code"]["commit"]) or content["code"].keys() >= {"files"}
    assert content["data_time"] == "2026-03-02T00:04:00Z"
    assert content["files"]["net.gexf"]["bytes"] == (tmp_path / "net.gexf").stat().st_size
    assert "mongodb://" not in json.dumps(content)


# --- what can go wrong


def test_a_failed_export_leaves_what_was_there(
    affair: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When an export breaks off, the former files stay whole and no draft is left behind."""
    export(affair, Selection(), tmp_path / "net.csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken(self: Part) -> Any:
        raise OSError(28, "No space left on device", "net.edges.csv")
        yield

    monkeypatch.setattr(Part, "edges", broken)
    with pytest.raises(ExportError, match=r"net\.csv cannot be written: No space left on device"):
        export(affair, Selection(with_text=True), tmp_path / "net.csv")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_errors_name_the_thing(affair: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown format or seed, a file where a folder should be, and a missing library are each named clearly."""
    with pytest.raises(ArgumentError, match=r"net\.doc: name it with \.gexf, \.graphml"):
        export(affair, Selection(), tmp_path / "net.doc")
    with pytest.raises(ArgumentError, match="--format doc: there are gexf"):
        export(affair, Selection(), tmp_path / "net", "doc")
    with pytest.raises(ArgumentError, match="is not in the network"):
        export(affair, Selection(seeds=["https://nowhere.example.com/1"]), tmp_path / "net.gexf")
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"file/net\.gexf cannot be written"):
        export(affair, Selection(), tmp_path / "file" / "net.gexf")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    with pytest.raises(ConfigError, match=r"no_such_library is not installed: .* -m pip install \"networkx>="):
        extras.need("no_such_library.part")


@pytest.mark.parametrize("collapse", [False, True])
def test_memory_does_not_grow_with_the_links(collapse: bool) -> None:
    """Of 7,200 links more (some 7 MB) between the same stories, memory holds at most those of one group."""
    peaks = []
    for links_a_page in (2, 20):
        network: Any = Generated(400, links_a_page)
        part = network.part(Selection(collapse_copies=collapse))
        tracemalloc.start()
        stories = sum(1 for _ in part.nodes())
        links = sum(1 for _ in part.edges())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (stories, links > 300 * links_a_page) == (760 if collapse else 800, True)
    assert peaks[1] - peaks[0] < 200_000
