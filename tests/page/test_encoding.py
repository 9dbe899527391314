# ruff: noqa: E501  # tables of what pages print
"""Encodings that nobody declares, or that are declared wrongly."""

from __future__ import annotations

import time

import pytest

from kolcrawl.page.encoding import decode
from kolcrawl.page.familiarity import familiarity

TEXTS = {
    "gb18030": "这家公司周一发布声明，称已经终止与该博主的合作，并向消费者道歉。业内人士认为，品牌应当加强审核，不能只看流量。",
    "big5hkscs": "這家公司週一發布聲明，稱已經終止與該部落客的合作，並向消費者道歉。業內人士認為，品牌應當加強審核，不能只看流量。",
    "cp932": "同社は月曜日に声明を発表し、インフルエンサーとの契約を終了したと明らかにした。消費者に謝罪し、審査を厳しくするという。",
    "euc_jp": "同社は月曜日に声明を発表し、インフルエンサーとの契約を終了したと明らかにした。消費者に謝罪し、審査を厳しくするという。",
    "cp949": "회사는 월요일 성명을 내고 해당 인플루언서와의 협업을 종료했다고 밝혔다. 소비자들에게 사과하고 심사를 강화하기로 했다.",
    "cp1251": "Компания в понедельник заявила, что прекратила сотрудничество с блогером и принесла извинения покупателям за ошибку.",
    "cp1252": "Die Marke bedauert: „Wir hätten früher prüfen müssen“, erklärte die Geschäftsführerin – der Vertrag ist gekündigt. Später äußerte sich auch der Händlerverband.",
}
LIES = [None, "utf-8", "gb2312", "big5", "shift_jis", "iso-8859-1", "euc-kr", "no-such-encoding"]


def page(codec: str, declared: str | None = None) -> bytes:
    """A page of several paragraphs in an encoding."""
    meta = f'<meta charset="{declared}">' if declared else ""
    body = "".join(f"<p>{TEXTS[codec]}</p>\n" for _ in range(6))
    return f"<html><head>{meta}<title>{TEXTS[codec][:20]}</title></head><body>{body}</body></html>".encode(codec)


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("codec", TEXTS)
def test_the_bytes_decide(codec: str, lie: str | None) -> None:
    """Whatever header and page say, or if they say nothing, the text comes out as it went in."""
    body = page(codec, lie)
    text, _ = decode(body, f"text/html; charset={lie}" if lie else None)
    assert text == body.decode(codec)
    assert "\ufffd" not in text


SMALL = {
    "pl": ("cp1250", "Spółka ogłosiła w poniedziałek, że zakończyła współpracę z influencerką po dwóch dniach skarg klientów. Zarząd przeprosił i zapowiedział, że każdą następną kampanię będzie sprawdzać komisja, żeby błąd się nie powtórzył."),
    "cs": ("cp1250", "Společnost v pondělí oznámila, že po dvou dnech stížností ukončila spolupráci s influencerkou. Vedení se omluvilo a slíbilo, že každou další kampaň předem prověří zvláštní výbor, aby se chyba již neopakovala."),
    "tr": ("cp1254", "Şirket pazartesi günü yaptığı açıklamada, müşterilerin iki gün süren şikâyetlerinin ardından fenomenle çalışmayı bıraktığını duyurdu. Yönetim özür diledi ve bundan sonraki her kampanyanın önceden inceleneceğini söyledi."),
    "lt": ("cp1257", "Bendrovė pirmadienį pranešė, kad po dvi dienas trukusių klientų skundų nutraukė bendradarbiavimą su nuomonės formuotoja. Vadovybė atsiprašė ir žadėjo, kad kiekvieną būsimą kampaniją iš anksto tikrins komisija."),
    "el": ("cp1253", "Η εταιρεία ανακοίνωσε τη Δευτέρα ότι διέκοψε τη συνεργασία με την ινφλουένσερ μετά από δύο ημέρες παραπόνων. Η διοίκηση ζήτησε συγγνώμη από τους πελάτες και υποσχέθηκε αυστηρότερους ελέγχους."),
    "ar": ("cp1256", "أعلنت الشركة يوم الاثنين أنها أنهت التعاون مع المؤثرة بعد يومين من شكاوى العملاء. واعتذرت الإدارة ووعدت بأن تراجع لجنة خاصة كل حملة مقبلة قبل توقيعها حتى لا يتكرر الخطأ."),
    "he": ("cp1255", "החברה הודיעה ביום שני כי הפסיקה את שיתוף הפעולה עם המשפיענית לאחר יומיים של תלונות לקוחות. ההנהלה התנצלה והבטיחה כי ועדה תבדוק מראש כל קמפיין עתידי."),
    "th": ("cp874", "บริษัทแถลงเมื่อวันจันทร์ว่าได้ยุติความร่วมมือกับอินฟลูเอนเซอร์หลังลูกค้าร้องเรียนนานสองวัน ผู้บริหารขออภัยและสัญญาว่าจะตรวจสอบทุกแคมเปญล่วงหน้า"),
}  # fmt: skip


@pytest.mark.parametrize("header", [None, "utf-8", "iso-8859-1", "own"])
@pytest.mark.parametrize("lang", SMALL)
def test_encodings_of_one_byte(lang: str, header: str | None) -> None:
    """Alphabets of one byte a letter come out right where the header is right, missing or a server's default."""
    codec, line = SMALL[lang]
    body = f'<html lang="{lang}"><head><script>var a="{line}"</script></head><p>{line}</p></html>'.encode(codec)
    name = codec if header == "own" else header
    assert decode(body, f"text/html; charset={name}" if name else None)[0] == body.decode(codec)


@pytest.mark.parametrize("lang", [lang for lang in SMALL if lang != "tr"])
def test_encodings_of_one_byte_without_a_language(lang: str) -> None:
    """The letters alone tell the encoding where the page names neither it nor its language."""
    codec, line = SMALL[lang]
    body = f"<html><p>{line}</p><p>{line}</p></html>".encode(codec)
    assert decode(body)[0] == body.decode(codec)


def test_text_beyond_ascii_in_scripts_alone() -> None:
    """A page whose only letters beyond ASCII stand in a script is read as its language is written, not as Chinese."""
    body = '<html lang="de"><script>t="Prüfung für Händler, Straße, größer, Bärchen"</script><p>Nothing here</p></html>'
    assert decode(body.encode("cp1252"))[0] == body


@pytest.mark.parametrize("piece", [b"<script \xe9", b"<\xe9", b"<!-- \xe9", b"<a href='\xe9'>", b"\xe9 </script>"])
def test_endless_tags_cost_no_time(piece: bytes) -> None:
    """Tags that never end are passed once, not once each, while the encoding of a page is looked for."""
    started = time.process_time()
    decode(piece * (4_000_000 // len(piece)))
    assert time.process_time() - started < 5


def test_a_few_bytes_prove_nothing_against_the_header() -> None:
    """Two odd letters do not overrule what the server says."""
    body = "<p>Symbols: å ç</p>".encode("cp1252")
    assert decode(body, "text/html; charset=windows-1252")[1] == "cp1252"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("gb2312", "gb18030"), ("gbk", "gb18030"), ("big5", "big5hkscs"), ("shift_jis", "cp932"), ("euc-kr", "cp949")],
)
def test_names_are_widened(declared: str, codec: str) -> None:
    """The declared name is read as the larger encoding that browsers read it as."""
    assert decode(page(codec, declared))[1] == codec


def test_characters_only_the_wider_encoding_has() -> None:
    """A page that says gb2312 and uses a character of GB18030 keeps it."""
    text = "<meta charset=gb2312><p>" + TEXTS["gb18030"] + "朱镕基、喆、🙂</p>"
    assert decode(text.encode("gb18030"))[0] == text


def test_byte_order_marks() -> None:
    """A byte order mark says what the page is, and is not part of its text."""
    assert decode(b"\xef\xbb\xbf<p>caf\xc3\xa9</p>") == ("<p>café</p>", "utf-8")
    assert decode("\ufeff<p>品牌</p>".encode("utf-16-le"), "text/html; charset=utf-8") == ("<p>品牌</p>", "utf-16-le")


@pytest.mark.parametrize("codec", TEXTS)
def test_a_text_is_most_familiar_in_its_own_encoding(codec: str) -> None:
    """Familiarity, by which encodings are judged, is highest for the right one."""
    sample = page(codec)
    own = familiarity(sample, codec)
    assert own > 0.2
    assert all(familiarity(sample, other) < own for other in TEXTS if TEXTS[other] != TEXTS[codec])


def test_japanese_of_seven_bits() -> None:
    """ISO-2022-JP is ASCII to every other reader; its escapes tell, whatever header and meta say."""
    text = "<html><title>評論家が文書を公開</title><p>日曜の夜、ある評論家が文書を公開した。</p></html>"
    assert decode(text.encode("iso2022_jp"), "text/html; charset=utf-8") == (text, "iso2022_jp")
    assert decode(b"<p>\x1b[0m a terminal's colours</p>", None)[1] == "utf-8"


def test_a_piece_in_another_encoding() -> None:
    """A file in GBK that a server puts into a page in UTF-8 is read as GBK, and the page as UTF-8."""
    page = "<title>面包连锁店终止合作</title><p>周一上午，这家面包连锁店在官方账号发布声明，称已经注意到网友对合作的意见。</p>"
    piece = "<ul><li>今日热点新闻排行榜</li><li>公司发布年度财务报告</li><li>城市地铁线路开通时间</li></ul>"
    assert decode(page.encode() + piece.encode("gb18030"), None) == (page + piece, "utf-8")
    broken = page.encode() + "<p>一个字".encode()[:-1] + b"</p>"
    assert decode(broken, None) == (page + "<p>一个\ufffd</p>", "utf-8")
