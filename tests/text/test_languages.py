# ruff: noqa: E501  # tables of what pages print
"""The language of a text."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.text.languages import han_script, language_of, normal_tag

HANS = "这家公司周一发布声明，称已经终止与该博主的合作，并向消费者道歉。业内人士认为，品牌应当加强审核。"
HANT = "這家公司週一發布聲明，稱已經終止與該部落客的合作，並向消費者道歉。業內人士認為，品牌應當加強審核。"
SAMPLES = {
    "ja": "同社は月曜日に声明を発表し、インフルエンサーとの契約を終了したと明らかにした。消費者に謝罪している。",
    "ko": "회사는 월요일 성명을 내고 해당 인플루언서와의 협업을 종료했다고 밝혔다. 소비자들에게 사과했다.",
    "en": "The company said on Monday that it had ended its work with the influencer and that it was sorry for the trouble.",
    "de": "Das Unternehmen hat am Montag erklärt, dass es die Zusammenarbeit mit der Influencerin beendet hat und sich entschuldigt.",
    "fr": "La marque a annoncé lundi la fin de la collaboration avec le créateur de contenu et a présenté des excuses aux clients.",
    "es": "La empresa dijo el lunes que ha terminado la colaboración con el influencer y pidió disculpas a los consumidores por el error.",
    "pt": "A empresa disse na segunda-feira que encerrou a parceria com o influenciador e pediu desculpas aos consumidores pelo erro.",
    "ru": "Компания в понедельник заявила, что прекратила сотрудничество с блогером и принесла извинения покупателям за ошибку.",
    "uk": "Компанія в понеділок заявила, що припинила співпрацю з блогером, і вибачилася перед покупцями за цю помилку та її наслідки.",
    "pl": "Firma poinformowała w poniedziałek, że zakończyła współpracę z influencerem i przeprosiła klientów za ten błąd oraz za to, co się stało.",
    "tr": "Şirket pazartesi günü yaptığı açıklamada, fenomen ile iş birliğini bitirdiğini ve bu hata için tüketicilerden özür dilediğini söyledi.",
    "ar": "قالت الشركة يوم الاثنين إنها أنهت التعاون مع المؤثر واعتذرت للمستهلكين عن هذا الخطأ وما حدث بعد ذلك من نتائج.",
    "th": "บริษัทแถลงเมื่อวันจันทร์ว่าได้ยุติความร่วมมือกับอินฟลูเอนเซอร์และขอโทษผู้บริโภค",
    "vi": "Công ty hôm thứ Hai cho biết đã chấm dứt hợp tác với người có ảnh hưởng này và xin lỗi người tiêu dùng về sai sót.",
}


def test_scripts_of_chinese_are_told_apart() -> None:
    """Simplified and Traditional are told by their characters, whatever the page says."""
    assert language_of(HANS, "zh-TW") == "zh-Hans"
    assert language_of(HANT, "zh-CN") == "zh-Hant"
    assert han_script("山水人口") is None
    assert language_of("山水人口", "zh_TW") == "zh-Hant"
    assert language_of("山水人口") == "zh-Hans"
    assert language_of(HANT, "yue") == "yue"


@pytest.mark.parametrize("lang", SAMPLES)
def test_language_without_the_pages_word(lang: str) -> None:
    """Two sentences are enough to know the language when the page says nothing."""
    assert language_of(SAMPLES[lang]) == lang


@pytest.mark.parametrize("lang", SAMPLES)
def test_a_page_that_lies_is_not_believed(lang: str) -> None:
    """A template's default (`en-US`, or `zh-CN` on an English page) does not overrule the text."""
    assert language_of(SAMPLES[lang], "zh-CN" if lang == "en" else "en-US") == lang


@pytest.mark.parametrize(
    ("raw", "tag"),
    [
        ("zh_cn", "zh-Hans-CN"), ("zh-TW", "zh-Hant-TW"), ("zh-hant-hk", "zh-Hant-HK"), ("EN_us", "en-US"), ("nb-NO", "no-NO"), ("de", "de"),
        ("cn", "zh-Hans"), ("jp", "ja"), ("", None), (None, None), ("english", None), ("x", None), ("en, de", "en"),
    ],
)  # fmt: skip
def test_tags_are_made_well_formed(raw: str | None, tag: str | None) -> None:
    """What pages write in `lang` becomes BCP 47, nonsense becomes None."""
    assert normal_tag(raw) == tag


def test_a_short_text_keeps_the_pages_word() -> None:
    """Too few letters to judge: the page is believed, unless the script contradicts it."""
    assert language_of("Tesla Model 3", "de-DE") == "de"
    assert language_of("小米", "en") == "zh-Hans"
    assert language_of("", None) is None


def test_the_detector_is_not_loaded_at_import() -> None:
    """`py3langid` (half a second) is only loaded for the first text that needs it."""
    code = "import sys, kolcrawl.text.languages as l; l.language_of('the brand and the man of it is in a for that on with', 'en'); sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text(max_size=300), st.text(max_size=12))
def test_no_text_raises(text: str, stated: str) -> None:
    """Any text and any word of a page give a tag or None."""
    tag = language_of(text, stated)
    assert tag is None or tag[:2].isalpha()


def test_the_model_is_loaded_once_and_only_where_it_is_wanted() -> None:
    """A text whose script or commonest words tell its language wants no model; another one does, and loads it."""
    code = (
        "from kolcrawl.text import languages as found\n"
        f"found.language_of({HANS!r})\n"
        "print(found.is_detector_wanted(), found.is_detector_loaded())\n"
        "print(found._detect('Kaksi ihmistä ui järven rannalla illalla'))\n"
        "print(found.is_detector_wanted(), found.is_detector_loaded())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "fi", "True", "True"]
