"""What stories are recognised by: hashes, signatures, bands, and the similarity estimated from them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.edits import KINDS, edited, sentences
from kolcrawl.items import StoryItem
from kolcrawl.story.fingerprint import (
    BANDS,
    MAX_FINGERPRINTED,
    MIN_SHINGLES,
    SIGNATURE_PERMUTATIONS,
    SIMILAR,
    bands_of,
    content_hash,
    fingerprint_story,
    shingles,
    signature_of,
    similarity,
)
from pipelines.fingerprint import FingerprintPipeline
from tests.made_texts import chinese, english

TEXT = "".join(chinese(2000, Random(1)))


def signature(text: str) -> bytes:
    """Of a text that is long enough."""
    found = signature_of(text)
    assert found is not None
    return found


def found_and_alike(one: str, other: str) -> bool:
    """Whether two texts share a band and are similar: what makes near copies."""
    first, second = signature(one), signature(other)
    return bool(set(bands_of(first)) & set(bands_of(second))) and similarity(first, second) >= SIMILAR


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("write", "length", "wanted"), [(chinese, 2000, (0.99, 0.97, 0.90)), (english, 3000, (0.99, 0.95, 0.60))]
)
def test_near_copies_are_found(write: object, length: int, wanted: tuple[float, ...], kind: str) -> None:
    """Copies with 5, 10 and 20 per cent edited, in each way, are recognised as often as promised."""
    random = Random(7)
    texts = [write(length, random) for _ in range(40)]  # type: ignore[operator]
    for share, least in zip((0.05, 0.10, 0.20), wanted, strict=True):
        found = 0
        for number, text in enumerate(texts):
            copy = edited(text, share, kind, texts[number - 1], random)
            found += found_and_alike("".join(text), "".join(copy))
        assert found / len(texts) >= least


@pytest.mark.parametrize(("write", "length"), [(chinese, 2000), (english, 3000)])
def test_stories_with_a_third_in_common_are_not_copies(write: object, length: int) -> None:
    """Different stories that quote and explain with the same sentences, a third of either, stay apart."""
    random = Random(9)
    common = write(length / 3, random)  # type: ignore[operator]
    texts = ["".join(common + write(length * 2 / 3, random)) for _ in range(25)]  # type: ignore[operator]
    assert not any(found_and_alike(texts[i], texts[j]) for i in range(25) for j in range(i))


def test_estimate_is_near_the_truth() -> None:
    """The estimated similarity lies within four standard errors of the share of common shingles."""
    random = Random(3)
    for share in (0.05, 0.2, 0.5, 0.9):
        text = chinese(2000, random)
        copy = edited(text, share, "replace", chinese(3000, random), random)
        one, other = shingles("".join(text)), shingles("".join(copy))
        assert one is not None
        assert other is not None
        truth = len(one & other) / len(one | other)
        estimate = similarity(signature("".join(text)), signature("".join(copy)))
        assert abs(estimate - truth) <= 4 * (max(truth * (1 - truth), 0.01) / SIGNATURE_PERMUTATIONS) ** 0.5


def test_same_everywhere() -> None:
    """The fingerprint of a given text is this, in any process and after any upgrade: stored ones must stay valid."""
    text = "".join(chr(0x4E00 + n * 7 % 2000) for n in range(300)) + " A few words, 123."
    assert sha256(signature(text)).hexdigest() == GOLDEN[0]
    words = " ".join(f"word{n * 7 % 83}" for n in range(400))
    assert sha256(signature(words)).hexdigest() == GOLDEN[1]
    assert bands_of(signature(words))[:2] == GOLDEN[2]
    assert content_hash("标题", "正文 1.5") == GOLDEN[3]


GOLDEN = (
    "a9dad29c9fa5058e25befcc37113cd8f92ba8e63f3ea5f3984b36397a14bf5b3",
    "9265366919333d63d77be590af5ca5927c662b40f1fc2cca1ef82e08108b41e3",
    [8305537054589898900, 7339319057766709649],
    "9713f70adcc29c32b54ed0806a922cac996e2776c0ea9d936331564da740d77c",
)


def test_same_in_another_process() -> None:
    """Neither hash randomisation nor the order of sets shows in a fingerprint."""
    code = "import sys; from kolcrawl.story.fingerprint import signature_of; print(signature_of(sys.argv[1]).hex())"
    for seed in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-c", code, TEXT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert printed.stdout.strip() == signature(TEXT).hex()


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("。", " ！\n\n"),
        "\u3000" + TEXT.upper(),
        TEXT.replace("一", "一 "),
    ],
)
def test_dress_does_not_count(other: str) -> None:
    """Punctuation, white space and paragraphs do not change what is compared."""
    assert signature(other) == signature(TEXT)


def test_scripts_of_chinese_are_compared() -> None:
    """A reprint in traditional characters is a copy of the simplified original."""
    simplified = "这个网红带货的视频里说国产护肤品的质量没有问题，记者发现品牌方对此并不知情。" * 3
    simplified += "".join(chinese(150, Random(2)))
    table = str.maketrans(
        "这个网红带货视频里说国产护肤质没问题记发现对并", "這個網紅帶貨視頻裡說國產護膚質沒問題記發現對並"
    )
    traditional = simplified.translate(table)
    assert traditional != simplified
    assert signature(traditional) == signature(simplified)


@pytest.mark.parametrize("least", MIN_SHINGLES.items())
def test_short_texts_are_not_judged(least: tuple[int, int]) -> None:
    """One shingle too few, and there is no fingerprint; words repeated do not make a text longer."""
    size, count = least
    tokens = [chr(0x4E00 + n) if size == 3 else f"w{n} " for n in range(count + size - 1)]
    assert signature_of("".join(tokens)) is not None
    assert signature_of("".join(tokens[:-1])) is None
    assert signature_of("".join(tokens[:-1] * 1)[:50] * 40) is None
    assert signature_of("") is None


def test_long_text_is_cut() -> None:
    """Only the first part of an endless text is looked at."""
    start = "".join(chinese(MAX_FINGERPRINTED, Random(4)))[:MAX_FINGERPRINTED]
    assert signature(start) == signature(start + TEXT)
    words = "".join(english(2_000, Random(4)))
    found = shingles(words + " \ufdfa" * 20_000 + " behind it")  # each becomes eighteen characters
    assert found
    assert "behind it" not in found


def test_bands() -> None:
    """There are 42 different signed 64-bit numbers; equal values in different places make different bands."""
    bands = bands_of(signature(TEXT))
    assert len(bands) == len(set(bands)) == BANDS
    assert all(-(2**63) <= band < 2**63 for band in bands)
    assert any(band < 0 for band in bands)
    assert len(set(bands_of(bytes(4 * SIGNATURE_PERMUTATIONS)))) == BANDS


def test_similarity_wants_signatures() -> None:
    """Bytes of another scheme are refused, not compared."""
    with pytest.raises(ValueError, match="512 bytes"):
        similarity(signature(TEXT), b"1234")


@given(st.text(max_size=3000), st.text(max_size=50))
@settings(max_examples=60, deadline=None)
def test_any_text(text: str, end: str) -> None:
    """Any text at all has a fingerprint or none, and is wholly similar to itself."""
    first = signature_of(text * 3 + end)
    assert first == signature_of(text * 3 + end)
    assert first is None or similarity(first, first) == 1
    assert content_hash(end, text) == content_hash(end, text)


@pytest.mark.parametrize(
    ("title", "text", "same"),
    [
        ("标题", "第一段\n第二段", True),
        ("标题", " 第一段 \n\n第二段\u3000", True),
        ("标题", "第一段\n第二段。", False),
        ("标题2", "第一段\n第二段", False),
        ("标题第一段", "第二段", False),
    ],
)
def test_content_hash(title: str, text: str, same: bool) -> None:
    """White space does not count; everything else does, also where the title ends."""
    assert (content_hash(title, text) == content_hash("标题", "第一段\n第二段")) is same


def test_nothing_has_no_hash() -> None:
    """Without title and text there is nothing to compare; a lone surrogate is no reason to fail."""
    assert content_hash(None, "  ") is None
    assert content_hash(None, "\ud800") is not None


def item(**fields: object) -> StoryItem:
    """A story item."""
    given_ = {"outcome": "fetched", "title": "标题", "text": TEXT} | fields
    return StoryItem(
        key="0" * 32,
        url="https://example.com/1",
        requested_url="https://example.com/1",
        site="example.com",
        visited_at=datetime(2026, 3, 2, tzinfo=UTC),
        **given_,  # type: ignore[arg-type]
    )


def test_pipeline_fills_in_and_drops_nothing() -> None:
    """Each fetched story gets its fingerprint, a short one only the hash; copies and other items pass."""
    pipeline = FingerprintPipeline()
    story, copy, short = item(), item(), item(text="视频无法播放")
    for one in (story, copy, short):
        assert pipeline.process_item(one) is one
    assert story.signature == signature(TEXT)
    assert story.bands == bands_of(signature(TEXT)) == copy.bands
    assert short.content_hash
    assert short.bands is None
    assert short.signature is None
    assert pipeline.process_item({"other": 1}) == {"other": 1}


@pytest.mark.parametrize("outcome", ["unchanged", "failed", "gone", "skipped"])
def test_only_fetched_stories_are_fingerprinted(outcome: str) -> None:
    """A visit that read no page says nothing of the text."""
    assert fingerprint_story(item(outcome=outcome)).content_hash is None


def test_sentences() -> None:
    """Sentences are told apart in Chinese and English; a decimal point ends none."""
    text = "甲说：“好！”乙走了。It cost 1.5 yuan. Why?"
    assert sentences(text) == ["甲说：“好！”", "乙走了。", "It cost 1.5 yuan.", "Why?"]
