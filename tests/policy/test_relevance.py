"""Relevance: what the crawl is about, links before their targets are read, stories after. All texts are invented."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolcrawl.policy.relevance import Relevance

SEED = (
    "星澜手机高管被停职，与问题博主合作内幕有何秘密？",
    (
        "星澜手机今日发布内部通报，两名高管因与争议博主合作被停职，一名员工被辞退。\n"
        "通报称，市场部未经审批，私下联系一位有争议的博主，为星澜新机拍摄推广视频。\n"
        "星澜公关负责人陆予安表示，合作已经终止，今后不会再与该博主有任何往来。\n"
        "不少星澜用户在社交平台上批评公司，认为这位博主曾多次发布不实内容，品牌信誉受损。\n"
        "这背后的问题，是企业挑选博主时只看粉丝数量，不看风险。星澜的教训值得其他品牌记取。\n"
        "星澜表示将重新制定博主合作的审批流程，并向用户道歉。"
    ),
)
# A related list of the usual kind: some of its links are on the story, the others share its lures only.
ON_STORY = (
    "星澜回应博主推广争议：确有联系，已经终止",
    "星澜手机：立即终止与该博主的任何合作",
    "被停职后首度发声，星澜高管谈博主合作始末",
)
OFF_STORY = (
    "《金嗓子之夜》背后的秘密：老歌王为何退赛",
    "惊天反转！豪门千金身世揭开，内幕令人唏嘘",
    "揭秘影视城：群演生活背后的故事",
    "探秘古镇老宅：一座戏楼背后的秘密与传说",
    "明星养生的内幕：早起早睡有何秘密",
)
FOLLOW_UP = (
    "陆予安再道歉，星澜公布调查结果",
    (
        "星澜公司昨晚公布博主合作一事的调查结果。公关负责人陆予安再次向用户道歉。\n"
        "调查显示，市场部员工在没有审批的情况下联系了该博主，星澜已经完善合作审批流程。"
    ),
)
GOSSIP = (
    "老歌王退赛背后的秘密",
    (
        "昨晚的《金嗓子之夜》录制现场，老歌王突然宣布退赛，观众议论纷纷。\n"
        "节目组表示，老歌王因嗓子不适退赛，背后并无秘密。歌迷希望老歌王早日康复，重返舞台演唱老歌。"
    ),
)
ENGLISH = (
    "Lumo suspends two managers over influencer deal",
    (
        "Lumo, the phone maker, has suspended two managers over a deal with a disputed influencer. "
        "The influencer had been asked to promote the new Lumo phone without approval. "
        "Lumo said that the deal was ended and that no other influencer would be hired this year. "
        "Customers of Lumo had complained that the influencer spread false claims. "
        "The managers approved the influencer deal in haste, Lumo said."
    ),
)


def judge(about: str | None = None) -> Relevance:
    """A judge that has read the seed and its list."""
    relevance = Relevance(about)
    relevance.learn_seed(*SEED)
    relevance.learn(*SEED, 1.0, [*ON_STORY, *OFF_STORY])
    return relevance


def test_list_of_an_aggregator_is_parted() -> None:
    """On the seed's own list every link on the story stands above every link that shares lures only, by far."""
    relevance = judge()
    on = [relevance.of_link(anchor, "相关内容", 1.0) for anchor in ON_STORY]
    off = [relevance.of_link(anchor, "相关内容", 1.0) for anchor in OFF_STORY]
    assert min(on) > 0.6
    assert max(off) < 0.2
    assert min(on) > 3 * max(off)


def test_list_is_parted_before_anything_is_learnt() -> None:
    """With nothing but the seed known, the order is right already."""
    relevance = Relevance()
    relevance.learn_seed(*SEED)
    on = [relevance.of_link(anchor, None, 1.0) for anchor in ON_STORY]
    off = [relevance.of_link(anchor, None, 1.0) for anchor in OFF_STORY]
    assert min(on) > max(off)


@pytest.mark.parametrize("story", [SEED, FOLLOW_UP])
def test_stories_on_the_topic(story: tuple[str, str]) -> None:
    """The seed and a later article of the affair are judged on the topic."""
    assert judge().of_story(*story) > 0.7


def test_stories_off_the_topic() -> None:
    """An article that shares the lures of the seed's headline is off the topic."""
    assert judge().of_story(*GOSSIP) < 0.2


def test_a_story_without_the_topic_in_its_title() -> None:
    """The text alone tells that a story is on the topic."""
    assert judge().of_story("今晚最新通报", FOLLOW_UP[1]) > 0.6


def test_traditional_characters() -> None:
    """A headline in traditional characters is read as the same in simplified ones."""
    relevance = judge()
    simplified = relevance.of_link("星澜回应博主推广争议，终止合作", None, 1.0)
    assert relevance.of_link("星瀾回應博主推廣爭議，終止合作", None, 1.0) == simplified
    assert simplified > 0.6


def test_spaced_language() -> None:
    """Words of a spaced script, in other cases and numbers too, part a list as well."""
    relevance = Relevance()
    relevance.learn_seed(*ENGLISH)
    on = ["Lumo managers speak about the influencer", "Influencers and phone makers: the Lumo affair"]
    off = [
        "Two managers of a bakery win the lottery",
        "What the weather has in store over the weekend",
        "Ten deals of the week",
    ]
    assert min(relevance.of_link(a, None, 1.0) for a in on) > 0.8
    assert max(relevance.of_link(a, None, 1.0) for a in off) < 0.6


def test_mixed_scripts() -> None:
    """A Latin name in a Chinese topic counts, in any case."""
    relevance = Relevance("星澜 KOL 争议")
    assert relevance.of_link("某品牌kol翻车始末", None, 0.5) > relevance.of_link("某品牌新品发布始末", None, 0.5)


def test_about_names_the_topic_without_a_seed() -> None:
    """The user's words alone are enough to judge links by."""
    relevance = Relevance("星澜 博主 争议")
    assert relevance.of_link(ON_STORY[0], None, 0.5) > 0.6
    assert relevance.of_link(OFF_STORY[0], None, 0.5) < 0.15


def test_sane_before_anything_is_known() -> None:
    """Without seed and words all links of a page are alike, better under a better page; a story is unknown."""
    relevance = Relevance()
    assert relevance.of_story(*SEED) == 0.5
    assert relevance.of_story(*SEED, 0.3) == 0.3
    assert relevance.of_link("a") == relevance.of_link("星澜", "相关内容")
    assert relevance.of_link("a", None, 0.9) > relevance.of_link("a", None, 0.1)


def test_anchors_that_say_nothing_do_not_starve() -> None:
    """An empty anchor and one in a script unknown to the topic stand above one that is plainly about another thing."""
    relevance = judge()
    plain = relevance.of_link(OFF_STORY[0], None, 1.0)
    assert relevance.of_link("", None, 1.0) > 2 * plain
    assert relevance.of_link("Phone maker suspends two managers", None, 1.0) > 1.2 * plain
    assert relevance.of_link("", None, 1.0) < relevance.of_link(ON_STORY[0], None, 1.0)


def test_story_in_a_foreign_script_keeps_what_its_link_promised() -> None:
    """A story that shares no script with the topic cannot be judged by words."""
    assert judge().of_story(*ENGLISH, expected=0.2) == 0.2


def test_heading_that_names_the_topic_speaks_for_its_links() -> None:
    """A block headed by the topic's name lifts a link whose anchor is silent."""
    relevance = judge()
    assert relevance.of_link("最新进展", "星澜博主合作争议专题", 0.5) > relevance.of_link("最新进展", "相关内容", 0.5)


def test_common_words_lose_their_weight() -> None:
    """What stands in every story comes to count for nothing, though the seed uses it as often as the topic's name."""
    relevance = Relevance()
    relevance.learn_seed("星澜停职两名高管", "记者编辑获悉，星澜停职两名高管。记者编辑获悉，星澜高管与博主合作。" * 3)
    before = relevance.of_link("记者编辑获悉一则消息", None, 0.5)
    for number in range(20):
        other = chr(0x5000 + 5 * number) + chr(0x5001 + 5 * number)
        text = (
            f"记者编辑获悉，{other}之事属实，{other}当天回应此事。{other}方面称，{other}并无不妥，{other}将配合调查。"
        )
        relevance.learn(f"{other}新闻", text * 2)
    assert before > 0.8
    assert relevance.of_link("记者编辑获悉一则消息", None, 0.5) < 0.3
    assert relevance.of_link("星澜高管", None, 0.5) > 0.5


def test_a_crawl_on_its_topic_does_not_unlearn_the_name() -> None:
    """After forty stories of the affair its name still says more of a headline than all other words of its stories."""
    relevance = judge()
    for number in range(40):
        relevance.learn(f"{FOLLOW_UP[0]} {number}", FOLLOW_UP[1])
    others = max(relevance.of_link(word, None, 0.5) for word in ("停职", "手机", "问题", "公布", "调查"))
    assert relevance.of_link("星澜", None, 0.5) > others
    assert relevance.of_story(*FOLLOW_UP) > 0.7
    assert relevance.of_story(*GOSSIP) < 0.2


def test_new_names_of_the_story_are_learnt() -> None:
    """A name that later articles bring up joins the topic."""
    relevance = judge()
    before = relevance.of_link("韩知夏现身说法", None, 0.5)
    for number in range(8):
        relevance.learn(
            f"星澜争议再起：韩知夏发声 {number}",
            "韩知夏是与星澜合作的博主。韩知夏表示，星澜高管早已知情。韩知夏公布了合作合同，星澜没有回应。",
        )
    assert relevance.of_link("韩知夏现身说法", None, 0.5) > 2 * before


def test_several_seeds_do_not_dilute_each_other() -> None:
    """A story of one seed's affair is judged on the topic, however many other seeds there are."""
    relevance = Relevance()
    relevance.learn_seed(*SEED)
    relevance.learn_seed(*ENGLISH)
    relevance.learn_seed(
        "甘棠县通报桥梁垮塌", "甘棠县桥梁垮塌，桥梁垮塌原因正在调查，甘棠县停用三座桥梁，桥梁检测单位被约谈。" * 2
    )
    assert relevance.of_story(*FOLLOW_UP) > 0.5
    assert relevance.of_link("甘棠县桥梁垮塌调查结果公布", None, 0.5) > 0.5
    assert relevance.of_story(*GOSSIP) < 0.2


def test_pair_is_about_the_same_thing() -> None:
    """Two headlines of one affair are nearer than two that share a lure; a headline is nearest to itself."""
    relevance = judge()
    same = relevance.pair(SEED[0], ON_STORY[1])
    lure = relevance.pair(SEED[0], "老歌王退赛有何秘密")
    assert relevance.pair(SEED[0], SEED[0]) == pytest.approx(1.0)
    assert same > lure
    assert relevance.pair(SEED[0], "天气预报") == 0.0
    assert relevance.pair(SEED[0], "") == relevance.pair(None, None) == 0.0


def test_same_calls_same_answers_in_another_process() -> None:
    """Nothing depends on the order of a set: processes with other hash seeds give the same digits."""
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from tests.policy.test_relevance import *\n"
        "r = judge('星澜 KOL'); r.learn(*GOSSIP); r.learn(*FOLLOW_UP)\n"
        "print([r.of_link(a, None, 0.7) for a in ON_STORY + OFF_STORY], r.of_story(*FOLLOW_UP), r.pair(*ON_STORY[:2]))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code, "."],
            env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_memory_is_bounded() -> None:
    """However many different stories are read, no table grows beyond its bound."""
    relevance = Relevance(max_terms=2_000)
    relevance.learn_seed(*SEED)
    for number in range(300):
        words = " ".join(f"w{number}x{i} w{number}x{i}" for i in range(60))
        relevance.learn(f"title{number}", f"星澜 {words}", number % 2 * 0.9, [f"anchor{number}a{i}" for i in range(5)])
    sizes = {name: len(table) for name, table in vars(relevance).items() if hasattr(table, "__len__")}
    assert max(sizes.values()) <= 2_100, sizes
    assert max(len(relevance._stories._seen), len(relevance._headlines._seen)) <= 2_000


TEXTS = st.text(alphabet=st.sampled_from("星澜博主合作秘密 KOLab的，。!?12한글กขabcあ\n"), max_size=60) | st.text(
    max_size=40
)


@settings(max_examples=60)
@given(
    seed=st.tuples(TEXTS, TEXTS),
    read=st.lists(st.tuples(TEXTS, TEXTS, st.none() | st.floats(0, 1)), max_size=8),
    anchor=TEXTS,
    heading=st.none() | TEXTS,
    parents=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_all_answers_lie_between_0_and_1_and_grow_with_the_parent(
    seed: tuple[str, str],
    read: list[tuple[str, str, float | None]],
    anchor: str,
    heading: str | None,
    parents: tuple[float, float],
) -> None:
    """Whatever the texts: bounded, the same when asked twice, and never lower under a more relevant page."""
    relevance = Relevance()
    relevance.learn_seed(*seed)
    for title, text, known in read:
        relevance.learn(title, text, known, [anchor])
    low, high = (relevance.of_link(anchor, heading, parent) for parent in sorted(parents))
    story, pair = relevance.of_story(anchor, seed[1]), relevance.pair(anchor, seed[0])
    assert all(0.0 <= value <= 1.0 for value in (low, high, story, pair))
    assert low <= high
    assert pair == pytest.approx(relevance.pair(seed[0], anchor))
    assert story == relevance.of_story(anchor, seed[1])
    assert high == relevance.of_link(anchor, heading, max(parents))


def test_more_of_the_topic_is_never_worth_less() -> None:
    """Each further word of the topic in an anchor lifts it, or leaves it."""
    relevance = judge()
    anchors = ["通知", "通知 星澜", "通知 星澜 博主", "通知 星澜 博主 合作"]
    values = [relevance.of_link(anchor, None, 0.5) for anchor in anchors]
    assert all(a < b for a, b in pairwise(values))
