"""The parts of the related-block engine: words, addresses, outline, model."""

from __future__ import annotations

import json
import math
import random
import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.page import SiteRules, parse_document, read_page
from kolcrawl.page.facts.story_facts import read_facts
from kolcrawl.page.lexicon import CLASS_CUES, CUE, HEADING_MEANINGS, MEANING, Matcher, class_cues, heading_meanings
from kolcrawl.page.outline_builder import build_outline
from kolcrawl.page.page import Page
from kolcrawl.page.related.anchors import clean_anchors
from kolcrawl.page.related.model import MAX_DEVIATIONS, read_model, shipped_model
from kolcrawl.page.related.survey import Survey, survey
from kolcrawl.page.topic import tokens
from tests.page.made_pages import MADE, MadePage

if TYPE_CHECKING:
    from kolcrawl.page.related.features import Features


def meanings(text: str) -> set[str]:
    """Names of a heading's meanings."""
    return {name for name, bit in MEANING.items() if heading_meanings(text) & bit}


def cues(names: str) -> set[str]:
    """Names of a class attribute's cues."""
    return {name for name, bit in CUE.items() if class_cues(names) & bit}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("相关阅读", "related"), ("随便看看", "random"), ("猜你喜欢", "like"), ("点击排行", "popular"),
        ("即時新聞", "latest"),
        ("RELATED ARTICLES", "related"), ("À  lire   aussi", "also"), ("Ähnliche Beiträge:", "related"),
        ("Más leídas", "popular"),
        ("You may also like", "like"), ("【関連記事】", "related"), ("ΣΧΕΤΙΚΑ ΑΡΘΡΑ", "related"), ("إقرأ أيضاً", "also"),
        ("Previous post", "adjacent"), ("More from this author", "author"), ("Sponsored", "sponsored"),
    ],
)  # fmt: skip
def test_heading_meanings(text: str, named: str) -> None:
    """Case, accents, spacing, brackets and punctuation do not hide what a heading says."""
    assert named in meanings(text)


@pytest.mark.parametrize(
    "text", ["Correlation of prices", "Schadenersatz", "relatório anual", "天气预报", "", " ", "x" * 500]
)
def test_headings_that_say_nothing(text: str) -> None:
    """Words that merely contain a term, and texts too long for a heading, say nothing of the kind."""
    assert not meanings(text) & {"related", "also"}


@pytest.mark.parametrize(
    ("names", "named"),
    [
        ("relatedPosts", "related"), ("m-xgyd clearfix", "related"), ("td_block_related_posts_2", "related"),
        ("tuijian", "recommended"),
        ("hot-news", "popular"), ("paihang_list", "popular"), ("site-nav", "navigation"), ("OUTBRAIN", "advert"),
        ("article-body", "body"), ("sidebar-right", "side"),
        ("col-6 see also", "related"), ("see-also", "related"), ("myRelatedBox", "related"),
    ],
)  # fmt: skip
def test_class_cues(names: str, named: str) -> None:
    """Class names are split at case, digits and punctuation; pinyin and its initials are known."""
    assert named in cues(names)


def test_terms_of_several_words() -> None:
    """A term of several words is found where they follow each other, whichever word was met before in other company."""
    matcher = Matcher()
    for number, term in enumerate(("read also", "read", "also*", "*lated", "read also on*")):
        matcher.add(term, 1 << number)
    assert matcher.find("also read") == 0b00110
    assert matcher.find("read also") == 0b00111
    assert matcher.find("already read alsobox") == 0b00110
    assert matcher.find("unrelated read also's read also online") == 0b11111
    matcher.add("box", 1 << 5)
    assert matcher.find("box read also") == 0b100111
    with pytest.raises(ValueError, match="before one word"):
        matcher.add("*read also", 1)


def test_word_tables_are_whole() -> None:
    """Each meaning and cue has its table, each line terms, and no term stands twice in a line."""
    for name, tables in (("related_headings.toml", HEADING_MEANINGS), ("related_classes.toml", CLASS_CUES)):
        content = tomllib.loads(files("kolcrawl.data").joinpath(name).read_text(encoding="utf-8"))
        assert set(content) >= set(tables) - {"title"} if name.startswith("related_h") else set(content) == set(tables)
        for table, lines in content.items():
            for lang, line in lines.items():
                terms = [term.strip() for term in line.split("|")]
                assert all(terms), (table, lang)


@given(st.text(max_size=80))
def test_any_text_has_meanings(text: str) -> None:
    """No text makes the lexicon fail, and asking twice is the same."""
    assert heading_meanings(text) == heading_meanings(text)
    assert class_cues(text) == class_cues(text)
    assert tokens(text) == tokens(text)
    assert len(clean_anchors([text])) == 1


def test_heading_beside_the_link_to_the_whole_list() -> None:
    """A brief heading element keeps its own words, without those of the link beside it."""
    html = "<div><h5>其他新聞</h5><span><a href='/list/1.html'>更多新聞</a></span></div><ul><li>x</li></ul>"
    seen = build_outline(parse_document(f"<body>{html}</body>".encode(), "https://a.example/1").root)
    assert "其他新聞" in {seen.heading_text(n) for n in range(len(seen.headings))}
    assert not any("更多" in seen.heading_text(n) for n, h in enumerate(seen.headings) if h.strength == 3)


def test_outline_spans() -> None:
    """Every node's text and anchors lie within its parent's; the text is the page's."""
    seen = build_outline(parse_document(MADE[0]().html.encode(), "https://a.example/1").root)
    for node, parent in enumerate(seen.parents[1:], 1):
        assert seen.start[parent] <= seen.start[node] <= seen.end[node] <= seen.end[parent]
        assert (
            seen.first_anchor[parent] <= seen.first_anchor[node] <= seen.last_anchor[node] <= seen.last_anchor[parent]
        )
    assert "相关阅读" in seen.text


def described(made: MadePage) -> list[Features]:
    """Describe all blocks of a made page."""
    seen = survey(parse_document(made.html.encode(), made.url), None, None)
    return [seen.describer.describe(index) for index in range(len(seen.blocks))]


def a_row(**values: float) -> Features:
    """Return the features of no block in particular: zero, but for those given."""
    row = dict.fromkeys(shipped_model().features, 0.0)
    assert values.keys() <= row.keys()
    return row | values


def test_model_file_fits_the_features() -> None:
    """Every block has the features that the shipped model was trained for, each once; another model is refused."""
    model = shipped_model()
    assert len(set(model.features)) == len(model.features) > 100
    for make in MADE:
        rows = described(make())
        assert all(tuple(row) == model.features for row in rows)
        assert all(0 <= score <= 1 for score in model.scores(rows))
    other = replace(model, features=model.features[::-1])
    with pytest.raises(ValueError, match=r"train_related\.py"):
        other.scores([a_row()])
    content = json.loads(files("kolcrawl.data").joinpath("related_model.json").read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match=r"train_related\.py"):
        read_model(content | {"format": 1})


def test_features_say_what_they_are_named_after() -> None:
    """A related list under its heading, of three dated stories of the site, behind the body."""
    items = "".join(
        f"<li><a href='/news/{n}.html'>The reviewer answers number {n} of the questions</a> 2026-03-0{n}</li>"
        for n in (2, 3, 4)
    )
    story = "".join(f"<p>{line}</p>" for line in STORY)
    aside = f"<aside class='related'><h3>Related news:</h3><ul>{items}</ul></aside>"
    html = f"<h1>{TITLE}</h1><article>{story}</article>{aside}"
    seen = found_on(html, "\n".join(STORY))
    (row,) = (seen.describer.describe(index) for index in range(len(seen.blocks)))
    assert [name for name, value in row.items() if name.startswith("heading_") and value == 1.0] == [
        "heading_related", "heading_story", "heading_level", "heading_colon"
    ]  # fmt: skip
    expected = {
        "related_stories": 1.0, "plainly_other": 0.0, "in_aside": 1.0, "in_nav": 0.0, "in_li": 1.0, "links": 3.0,
        "storylike": 1.0, "same_site": 1.0, "in_body": 0.0, "before_body": 0.0, "dated_items": 1.0, "lone": 0.0,
        "nofollow": 0.0, "ranked": 0.0, "heading_strength": 3.0, "template_blocks": 1.0, "template_links": 3.0,
        "best_heading_score": 3.0, "heading_score_gap": 0.0,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["cue_related"] > row["cue_popular"] == 0.0
    assert row["title_mean"] > 0.1


def test_model_is_computed_as_it_is_stored() -> None:
    """All blocks at once score as each does by its file, walked and added up number by number."""
    data = json.loads(files("kolcrawl.data").joinpath("related_model.json").read_text(encoding="utf-8"))
    data["trees"][3] = {"feature": [2], "split": [0.0], "left": [-1], "right": [-1], "leaf": [0.25]}  # has no split
    rng = random.Random(1)
    names = data["features"]
    rows = [[rng.choice((0.0, 1.0, rng.uniform(-3, 3), rng.expovariate(0.01))) for _ in names] for _ in range(40)]
    for tree in data["trees"]:  # on the border, too
        rng.choice(rows)[tree["feature"][0]] = tree["split"][0]

    def leaf(tree: dict[str, list[Any]], row: list[float]) -> float:
        at = 0
        while at >= 0:
            at = tree["left" if row[tree["feature"][at]] <= tree["split"][at] else "right"][at]
        return float(tree["leaf"][-1 - at])

    def score(row: list[float]) -> float:
        trees = sum(leaf(tree, row) for tree in data["trees"])
        linear = data["intercept"]
        for value, weight, center, scale in zip(row, data["weights"], data["center"], data["scale"], strict=True):
            size = math.copysign(math.log1p(abs(value)), value)
            linear += weight * max(-MAX_DEVIATIONS, min(MAX_DEVIATIONS, (size - center) / scale))
        share = data["tree_share"]
        return share / (1 + math.exp(-trees)) + (1 - share) / (1 + math.exp(-linear))

    model = read_model(data)
    named = [dict(zip(names, row, strict=True)) for row in rows]
    assert model.scores(named) == pytest.approx([score(row) for row in rows], abs=1e-12)
    assert model.scores([]) == []


@pytest.mark.parametrize(
    ("name", "way"), [("lead_also", 1), ("title_mean", 1), ("heading_popular", -1), ("cue_advert", -1)]
)
def test_trees_count_some_features_one_way_only(name: str, way: int) -> None:
    """More of what speaks for a list never lowers the trees' score; more of what speaks against it never lifts it."""
    model = shipped_model()
    model = replace(model, tree_share=1.0)  # the trees alone
    for row in described(MADE[0]()):
        scores = model.scores([row | {name: value} for value in (0.0, 0.25, 0.5, 1.0)])
        assert scores == sorted(scores, reverse=way < 0)


def test_best_list_of_a_page_without_a_sure_one() -> None:
    """Where nothing is sure, the best list counts if nearly so: no lone link, no list of another kind."""
    model = shipped_model()
    nearly = (model.threshold + model.only_threshold) / 2
    plain, other, callout = a_row(), a_row(plainly_other=1.0), a_row(callout=1.0, in_body=1.0)
    assert model.related([plain] * 2, [nearly, 0.1], [5, 5]) == [True, False]
    assert model.related([other, plain], [nearly, 0.1], [5, 5]) == [False, False]
    assert model.related([plain] * 2, [nearly, 0.1], [1, 5]) == [False, False]
    assert model.related([plain] * 2, [nearly, model.threshold], [5, 1]) == [False, True]
    assert model.related([callout, plain], [model.callout_threshold, model.threshold], [1, 5]) == [True, True]
    assert model.related([], [], []) == []


def test_a_site_pattern_speaks_of_its_own_site() -> None:
    """`SiteRules.story_url` drops links of the site itself that do not match, and no link to another site."""
    items = "".join(
        f'<li><a href="{url}">{title}</a></li>'
        for url, title in (
            ("/story/11.html", "穹岚手机就接触争议博主公开致歉"),
            ("/about/12.html", "穹岚手机品牌故事与售后政策说明"),
            ("https://other.example/x/13.html", "别家网站对穹岚手机致歉的跟进报道"),
            ("/story/14.html", "穹岚手机公布博主合作的新办法"),
        )
    )
    body = "<p>穹岚手机今日就接触争议博主一事公开致歉，称合作已经终止，三名负责人受到处罚。</p>" * 6
    html = f"<html><body><article><h1>穹岚手机致歉</h1>{body}</article><h3>相关内容</h3><ul>{items}</ul></body></html>"
    page = read_page(html.encode(), "https://news.example/story/10.html", None, SiteRules(story_url="/story/"))
    found = [link.url for link in page.links if link.kind == "related"]
    assert found == [
        "https://news.example/story/11.html",
        "https://other.example/x/13.html",
        "https://news.example/story/14.html",
    ]


CHROME = (
    "<p>We use cookies and similar means to show you advertising that fits, as our partners and we said before.</p>"
)
STORY = [
    "The maker said on Monday that it had ended all work with a reviewer.",
    "Its own checks had failed, and the people in charge were suspended.",
]


TITLE = "The maker ends its work with a reviewer"


def found_on(html: str, text: str | None = None) -> Survey:
    """What is described on a page of a news site."""
    page = f"<html><head><title>{TITLE} | The Site</title></head><body>{html}</body></html>"
    document = parse_document(page.encode(), "https://a.example/news/1.html")
    headline = read_facts(document, Page(url=document.url, encoding="utf-8"), SiteRules(), None)
    return survey(document, text, headline)


def test_the_body_is_where_its_text_was_read() -> None:
    """A long notice beside a short story is not the body; a text that stands nowhere on the page changes nothing."""
    body = "".join(f"<p>{line}</p>" for line in STORY)
    html = f"<main><article>{body}</article></main><div>{CHROME * 6}</div>"
    seen = found_on(html, "\n".join(STORY))
    assert " ".join(seen.outline.text[seen.span.start : seen.span.end].split()) == " ".join(STORY)
    assert seen.outline.tags[seen.span.node] == "article"
    assert (
        found_on(html, "Nothing of this stands on the page, however long it is looked for.").span == found_on(html).span
    )


def test_what_stands_above_the_headline_heads_nothing_below() -> None:
    """A search box on top of the page is no heading of the list under the story; a heading below the headline is."""
    title = f"<h1>{TITLE}</h1>"
    story = "".join(f"<p>{line}</p>" for line in STORY)
    items = "".join(
        f"<li><a href='/news/{n}.html'>The reviewer answers number {n} of the questions</a></li>" for n in (2, 3)
    )
    above = found_on(f"<h3>Search our archive</h3>{title}{story}<ul>{items}</ul>")
    below = found_on(f"{title}{story}<h3>In depth</h3><ul>{items}</ul>")
    assert [block.heading for block in above.found.blocks] == [-1]
    assert [below.outline.heading_text(block.heading) for block in below.found.blocks] == ["In depth"]
    others = "".join(
        f"<article><h1><a href='/news/{n}.html'>Rivals welcome reviewer {n}</a></h1></article>" for n in (4, 5, 6)
    )
    shown = found_on(f"<h2>{TITLE}</h2>{story}<section><h3>Most read</h3>{others}</section>")
    assert [shown.outline.heading_text(block.heading) for block in shown.found.blocks] == ["Most read"]


def test_the_printed_headline_is_the_anchor() -> None:
    """A card's link says what is printed, not what its picture shows; a headline that is cut short is given whole."""
    shown = "The reviewer answers the maker in full"
    card = "<li><a href='/news/2.html'><img src='x.jpg' alt='{}'></a><h4><a href='/news/2.html'>{}</a></h4></li>"
    photo = card.format("A man in a blue coat stands before a shop window in the rain", shown)
    cut = card.format(shown, shown[:24] + "...")
    for html in (photo, cut):
        (block,) = found_on(f"<h3>Read on</h3><ul>{html}</ul>").found.blocks
        assert [link.text for link in block.links] == [shown]
    more = (
        "<li><a href='/news/{n}.html'><img src='x.jpg' alt='Headline number {n} of the reviewer'></a>"
        "<h4>Headline number {n} of the reviewer</h4><a href='/news/{n}.html'>{said}</a></li>"
    )
    for said in ("Read the full story", "2026年3月1日 10:30 来源"):
        (block,) = found_on(f"<ul>{''.join(more.format(n=n, said=said) for n in (2, 3, 4))}</ul>").found.blocks
        assert [link.text for link in block.links] == [f"Headline number {n} of the reviewer" for n in (2, 3, 4)]


def test_a_copy_of_a_line_does_not_move_the_body() -> None:
    """A summary above the headline, and a copy of the lead far below the story, are no part of the body."""
    lines = [f"The maker told the reviewer number {n} that all its work had ended for good." for n in range(5)]
    body = "".join(f"<p>{line}</p>" for line in lines)
    far = f"<footer>{'<p>Some other words of the site. </p>' * 200}<p>{lines[0]}</p></footer>"
    soft = body.replace(lines[0], lines[0].replace("maker", "ma\u00adker"))
    for html in (
        f"<p>{lines[0]}</p><h1>{TITLE}</h1><article>{body}</article>",
        f"<h1>{TITLE}</h1><article>{soft}</article>{far}",
    ):
        seen = found_on(html, "\n".join(lines))
        assert seen.outline.tags[seen.span.node] == "article"
        assert " ".join(seen.outline.text[: seen.span.end].split()).endswith(lines[4])
        assert lines[1] in seen.outline.text[seen.span.start : seen.span.end]


def test_a_cards_headline_heads_no_other_card() -> None:
    """Words like latest in the headline of one card say nothing of the next, whatever its picture's text is."""
    card = (
        "<li><a href='/news/{n}.html'><img src='x.jpg' alt='Picture {n} of a man in a long blue coat'></a>"
        "<div><a href='/news/{n}.html'><h4>Latest news: {n}</h4></a></div></li>"
    )
    seen = found_on(f"<h3>Related</h3><ul>{''.join(card.format(n=n) for n in (2, 3, 4))}</ul>")
    assert [(seen.outline.heading_text(b.heading), len(b.links)) for b in seen.blocks] == [("Related", 3)]


def test_a_hyperlink_in_a_sentence_must_be_sure() -> None:
    """What is enough for a list is not enough for a hyperlink in running text."""
    model = shipped_model()
    row = a_row(in_body=1.0, line_rest=90.0, links=1.0)
    score = model.threshold + 0.1
    assert model.related([row], [score], [1]) == [False]
    assert model.related([row], [0.9], [1]) == [True]
    for name, value in {
        "lead_also": 1.0,
        "heading_related": 1.0,
        "in_body": 0.0,
        "links": 3.0,
        "line_rest": 9.0,
    }.items():
        assert model.related([row | {name: value}], [score], [1]) == [True], name
    assert model.related([row | {"own_service": 1.0}], [score], [1]) == [False]


@pytest.mark.parametrize("page", ["/show.php?{}=1000", "/news/2026/phone-maker-apologises.html"])
@pytest.mark.parametrize(
    "name", ["id", "cid", "mod", "position", "source", "src", "module", "reason", "region", "ref", "from", "sourceId"]
)
def test_a_list_whose_links_differ_in_one_parameter(name: str, page: str) -> None:
    """Whatever the parameter is called, its numbers are stories, and all of them are found."""
    titles = (
        "穹岚手机就接触争议博主公开致歉",
        "穹岚手机公布博主合作的新办法",
        "博主回应穹岚手机的致歉声明",
        "穹岚三名负责人受到处罚",
    )
    urls = [f"https://news.example/show.php?{name}={number}" for number in (1001, 1002, 1003, 1004)]
    items = "".join(f'<li><a href="{u}">{title}</a></li>' for u, title in zip(urls, titles, strict=True))
    body = "<p>穹岚手机今日就接触争议博主一事公开致歉，称合作已经终止，三名负责人受到处罚。</p>" * 6
    html = f"<html><body><article><h1>穹岚手机致歉</h1>{body}</article><h3>相关新闻</h3><ul>{items}</ul></body></html>"
    read = read_page(html.encode(), "https://news.example" + page.format(name))
    assert [link.url for link in read.links if link.kind == "related"] == urls


def test_links_that_carry_the_pages_own_id() -> None:
    """A link that says from which story a reader comes is a link to another story."""
    titles = (
        "The reviewer answers the maker at length",
        "What the maker did not say on Monday",
        "Others end their work, too",
    )
    urls = [f"https://a.example/news/story-{n}1234.html?sourceEntityId=4909425" for n in (2, 3, 4)]
    items = "".join(f"<li><a href='{u}'>{title}</a></li>" for u, title in zip(urls, titles, strict=True))
    story = "".join(f"<p>{line}</p>" for line in STORY)
    html = f"<h1>{TITLE}</h1><article>{story}</article><h3>Related</h3><ul>{items}</ul>"
    read = read_page(html.encode(), "https://a.example/news/4909425.html")
    assert [link.url for link in read.links if link.kind == "related"] == urls
