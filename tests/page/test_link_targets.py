"""Single links in a related list that lead to no story, and lists that offer none."""

from __future__ import annotations

import pytest

from tests.page.test_related_lists import OTHERS, RELATED, RELATED_URLS, items, links


@pytest.mark.parametrize(
    "address",
    [
        "/search?query=穹岚",
        "/company/20881/",
        "/vote/106",
        "/course/detail/88.html",
        "/list?cid=332",
        "/photo/884217?pic=2",
    ],
)
def test_a_link_in_a_related_list_that_leads_to_no_story_is_left_out(address: str) -> None:
    """A search, a company, a vote, a course, the whole list, the page's own pictures: none is an edge of any kind."""
    item = f"<li><a href='{address}'>穹岚科技有限责任公司的全部消息</a></li>"
    found = links(f"<div><h3>相关新闻</h3><ul>{items(RELATED)}{item}</ul></div>")
    assert found == {"related": RELATED_URLS}


@pytest.mark.parametrize("address", ["/click.php?ano=8890", "https://pv.news.example/click?cid=8890&p=3"])
def test_a_link_through_a_counter_of_advertising_is_sponsored(address: str) -> None:
    """One paid item of a list is told from the others; a list all of whose links are counted is none of the page's."""
    item = f"<li><a href='{address}'>一刀下去就送满级装备限时领取</a></li>"
    found = links(f"<div><h3>相关新闻</h3><ul>{items(RELATED)}{item}</ul></div>")
    assert found["related"] == RELATED_URLS
    assert len(found["sponsored"]) == 1
    assert "related" not in links(f"<div><h3>相关新闻</h3><ul>{item}</ul></div>")


def test_a_box_of_advertising_is_sponsored() -> None:
    """A box of counted links under a heading that says so is kept as what it is."""
    box = "".join(
        f"<li><a href='https://ads.example/click?id={n}'>旧手机换新，最高补贴{n}元</a></li>" for n in (701, 702)
    )
    found = links(f"<div><h3>相关新闻</h3><ul>{items(RELATED)}</ul></div><div><h3>推广</h3><ul>{box}</ul></div>")
    assert (found["related"], len(found["sponsored"])) == (RELATED_URLS, 2)


def test_words_of_the_pages_own_address_say_nothing_of_its_links() -> None:
    """On a site whose stories stand below a folder named like things, stories there are stories."""
    box = f"<div><h3>相关新闻</h3><ul>{items(RELATED, path='/company/view/')}</ul></div>"
    found = links(box, url="https://news.example/company/view/884217")
    assert found["related"] == [url.replace("/news/", "/company/") for url in RELATED_URLS]


@pytest.mark.parametrize(
    "heading", ["アクセスランキング もっと見る", "핫이슈기사 더보기", "Trending now See more", "阅读排行 更多"]
)
def test_the_link_to_the_whole_list_does_not_make_a_ranking_related(heading: str) -> None:
    """The words of a "see more" link beside a heading say nothing of the list."""
    assert "related" not in links(f"<div><h3>{heading}</h3><ul>{items(OTHERS, 883000)}</ul></div>")


def test_comments_and_pictures_before_a_headline_do_not_stand_for_the_story() -> None:
    """The address of a card is the story's, not that of its comments, though these are its only text."""
    story = "/news/view/{0}"
    card = f"<div><a href='{story}#comments'>12</a><a href='{story}'><img src='/p.jpg' alt=''></a><h4>{{1}}</h4></div>"
    cards = "".join(card.format(884100 + n, title) for n, title in enumerate(RELATED))
    assert links(f"<section><h3>相关新闻</h3>{cards}</section>")["related"] == RELATED_URLS
