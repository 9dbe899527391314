# tables of what pages print
"""Names of authors out of bylines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.text.author_names import clean_name, people_of, split_names

BYLINES = [
    ("By Jane Roe and John Doe, Staff Writers", "en", ["Jane Roe", "John Doe"]),
    ("Jane Roe, Political Correspondent", "en", ["Jane Roe"]),
    ("By Jane Roe | Senior Reporter", "en", ["Jane Roe"]),
    ("Von Max Muster und Erika Beispiel", "de", ["Max Muster", "Erika Beispiel"]),
    ("Max Muster (Redakteur)", "de", ["Max Muster"]),
    ("Par Jeanne Dupont avec AFP", "fr", ["Jeanne Dupont", "AFP"]),
    ("Por María Pérez y Juan López", "es", ["María Pérez", "Juan López"]),
    ("di Mario Rossi e Anna Bianchi", "it", ["Mario Rossi", "Anna Bianchi"]),
    ("Jan Kowalski i Anna Nowak", "pl", ["Jan Kowalski", "Anna Nowak"]),
    ("Jan Novák a Eva Malá", "cs", ["Jan Novák", "Eva Malá"]),
    ("Ali Demir ve Ayşe Kaya", "tr", ["Ali Demir", "Ayşe Kaya"]),
    ("Alfonso e Lima", "en", ["Alfonso e Lima"]),
    ("Bruno (Henrique) Rodrigues", "pt", ["Bruno (Henrique) Rodrigues"]),
    ("作者：张三", "zh-Hans", ["张三"]),
    ("文/李四", "zh-Hans", ["李四"]),
    ("本报记者 张三 李四", "zh-Hans", ["张三", "李四"]),
    ("新华社记者张三、李四", "zh-Hans", ["张三", "李四"]),
    ("扬子晚报记者 张楠", "zh-Hans", ["张楠"]),
    ("記者王小明／台北報導", "zh-Hant", ["王小明"]),
    ("撰文｜赵六", "zh-Hans", ["赵六"]),
    ("让·保罗·萨特", "zh-Hans", ["让·保罗·萨特"]),
    ("홍길동 기자", "ko", ["홍길동"]),
]
NOBODY = [
    "admin",
    "佚名",
    "小编",
    "责任编辑",
    "By",
    "Staff",
    "2026-03-02",
    "https://example.com/a",
    "link78",
    "相差五十五歲是忘年之交",
    "",
    "  ",
    "Redaktion",
]


@pytest.mark.parametrize(("raw", "lang", "names"), BYLINES, ids=[row[0] for row in BYLINES])
def test_bylines(raw: str, lang: str, names: list[str]) -> None:
    """Labels, roles and words between names are taken away; names stay as printed, in order."""
    assert split_names(raw, lang) == names


@pytest.mark.parametrize("raw", NOBODY)
def test_nobody(raw: str) -> None:
    """Accounts, labels, dates, ids and headlines in a byline's place are nobody's name."""
    assert clean_name(raw) is None


def test_outlets_give_way_to_people() -> None:
    """The site's own name is an author only when no person is; a role is kept where nobody would be left."""
    assert people_of(["Example Times", "Jane Roe"], ["Example Times"]) == ["Jane Roe"]
    assert people_of(["Example Times"], ["Example Times"]) == ["Example Times"]
    assert people_of(["Guardian staff reporter"], []) == ["Guardian staff reporter"]
    assert people_of(["Jane Roe", "JANE ROE"], []) == ["Jane Roe"]


@given(st.lists(st.sampled_from([raw for raw, _, _ in BYLINES] + NOBODY), max_size=4))
def test_cleaning_names_twice_changes_nothing(bylines: list[str]) -> None:
    """Names that were cleaned once stay as they are, so the pipeline may run behind the reader."""
    once = people_of(bylines, [])
    assert people_of(once, []) == once


@given(st.text(max_size=200))
def test_no_byline_raises(raw: str) -> None:
    """Whatever stands in a byline's place gives a few names, each of one line, or none."""
    names = split_names(raw)
    assert len(names) <= 12
    assert all(name and name == " ".join(name.split()) for name in names)
