"""Whether two addresses can name one article, as far as the addresses alone tell.

Entry points: `believed_canonical` judges what a page says of its own address, `same_article` where a redirect leads.
A page's own word needs less proof than a redirect: sites send whatever they took down to a list, a login or an error
page, and a canonical link that names another page is a slip. When in doubt two addresses stay apart.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import unquote, urlsplit

from kolcrawl.urls.address_language import are_of_two_languages
from kolcrawl.urls.claims import claimed_url
from kolcrawl.urls.identity import canonical_url, identity_form, site_of, split_identity, story_key
from kolcrawl.urls.rules import SCRIPT
from kolcrawl.urls.session_tokens import is_token

Evidence = Literal["address", "id", "slug"]
"""What two addresses have in common: the path, the article's id, or the words of its name."""

MIN_SLUG_WORDS = 3
"""Words of a name that tell an article; `local-news` and `about-us` are names of sections."""
MIN_FOLDER_ID = 6
"""Characters of an id that stands in a folder; shorter ones there are mostly of a category."""

_TOKEN = re.compile(r"[^\W_]+")
_MIXED = re.compile(r"[a-z][A-Z]")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d{3}|(?<![^\W_])\d+(?![^\W_])")
_EXTENSION = re.compile(r"\.\w{2,5}$")
_PAGE = re.compile(r"(?<=\d)_\d{1,2}$")
_DATE = re.compile(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?")
_SHORT_LINK = re.compile(r"[^/?]+\?p=\d+")


def believed_canonical(page_url: str, canonical: str | None, og_url: str | None) -> str:
    """Return the URL of the story on a page, after checking what the page says of it.

    `rel=canonical`, then `og:url`, is believed when it is on the same registrable domain and can name this very
    article: the same id, the same name where one of the two has no id, or the same path without parameters and
    sessions. One that points at the home page, a section front, another article or another site is not: such slips
    in page templates would melt a whole site into one story.

    Args:
        page_url: where the page came from, after redirects.
        canonical: its `rel=canonical`, absolute or relative; None without one.
        og_url: its `og:url`, likewise.

    Returns: the believed URL, else `page_url`; in canonical form, with https when the page came by https.

    Raises:
        UrlError: `page_url` itself is unusable.
    """
    page = canonical_url(page_url)
    for claim in (canonical, og_url):
        if not claim or not claim.strip():
            continue
        try:
            claimed = canonical_url(claimed_url(page_url, claim))
        except ValueError:
            continue
        if story_key(claimed) == story_key(page) or may_claim(page, claimed):
            return "https" + claimed[4:] if page.startswith("https:") and claimed.startswith("http:") else claimed
    return page


def same_article(asked: str, target: str) -> Evidence | None:
    """Judge by two addresses of one site whether a redirect from one to the other keeps to the article.

    The target's query proves nothing: logins, consent pages and the like carry the id or the address that was asked
    for. Nor does an id or a name that the target's path lacks.

    Args:
        asked: the address that was asked for.
        target: where the redirect led.

    Returns: what they have in common; None when that is not enough to take them for one article.

    Raises:
        UrlError: one of them is unusable.
    """
    here, there = identity_form(asked), identity_form(target)
    if here == there:
        return "address"
    if site_of(asked) != site_of(target) or are_of_two_languages(here, there):
        return None
    _, our_path, our_query = split_identity(here)
    _, their_path, their_query = split_identity(there)
    if our_path == their_path:
        return "address" if _same_but_for_query(there, our_query, their_query) else None
    return _same_id(our_path, our_query, their_path) or _same_slug(here, there)


def _same_but_for_query(there: str, our_query: str, their_query: str) -> bool:
    """Tell whether addresses of one path name one article: the path does, or the parameters that stay."""
    if _names_article(there):
        return True
    kept = set(our_query.split("&")) & set(their_query.split("&"))
    return (
        bool(our_query) and any(map(_DIGIT.search, kept)) and set(their_query.split("&")) <= set(our_query.split("&"))
    )


def _names_article(form: str) -> bool:
    """Tell whether the last segment of a path has a number of its own or the words of a name."""
    name = split_identity(form)[1].rpartition("/")[2]
    bare = _EXTENSION.sub("", name)
    if SCRIPT.search(name) or _DATE.fullmatch(bare):
        return False
    return bool(_NUMBER.search(bare)) or len(_TOKEN.findall(unquote(bare))) >= MIN_SLUG_WORDS


def _same_id(our_path: str, our_query: str, their_path: str) -> Evidence | None:
    theirs = _id_of("h" + their_path)
    if not theirs:
        return None
    in_name = theirs in their_path.rpartition("/")[2]
    ours = _id_of("h" + our_path)
    if ours:
        in_both = in_name and ours in our_path.rpartition("/")[2]
        return "id" if ours == theirs and (in_both or len(ours) >= MIN_FOLDER_ID) else None
    ours = _id_of(f"h?{our_query}")
    return "id" if ours == theirs and len(ours) >= MIN_FOLDER_ID - 1 and in_name else None


def _same_slug(here: str, there: str) -> Evidence | None:
    our_id, their_id = _id_of(here), _id_of(there)
    if our_id and their_id and our_id != their_id:
        return None
    ours, theirs = _name_words(here), _name_words(there)
    if _SHORT_LINK.fullmatch(here):  # WordPress' short link, and the name it stands for
        return "slug" if len(theirs) >= MIN_SLUG_WORDS else None
    if len(ours) < MIN_SLUG_WORDS or len(theirs) < MIN_SLUG_WORDS:
        return None
    if ours == theirs:
        return "slug"
    less, more = sorted((ours, theirs), key=len)
    return "slug" if len(less) > MIN_SLUG_WORDS and less < more and not any(map(_DIGIT.search, more - less)) else None


def may_claim(page: str, claimed: str) -> bool:
    """Judge whether a page may rightly claim another URL of its site as its own.

    Raises:
        UrlError: one of them is unusable.
    """
    if site_of(page) != site_of(claimed):
        return False
    here, there = identity_form(page), identity_form(claimed)
    _, our_path, our_query = split_identity(here)
    _, path, query = split_identity(there)
    if (not path and not query) or are_of_two_languages(here, there):
        return False
    our_id, their_id = _id_of(here), _id_of(there)
    if our_path == path:
        return _drops_parameters(there, our_query, query) or our_id == their_id
    if query == our_query and _drops_session(our_path, path) and _names_article(there):
        return True
    if our_id and their_id:
        return our_id == their_id
    if our_id and _SHORT_LINK.fullmatch(here):
        return len(_name_words(there)) >= MIN_SLUG_WORDS
    last = there.rpartition("/")[2]
    if _MIXED.search(last) and last in here.split("/"):
        return True  # `/a/OklJOk` for `/nyheter/a/OklJOk/the-headline`
    ours, theirs = _name_words(here), _name_words(there)
    if any(map(_DIGIT.search, ours - theirs)) and any(map(_DIGIT.search, theirs - ours)):
        return False  # part 1 and part 2
    common = ours & theirs
    if not our_id and not their_id and ours == theirs:
        return True
    return len(common) >= 3 and len(common) >= 0.6 * min(len(ours), len(theirs))


def _drops_parameters(there: str, our_query: str, query: str) -> bool:
    """Tell whether a claim leaves out parameters, and nothing that may tell the article."""
    ours, kept = set(our_query.split("&")), set(query.split("&")) - {""}
    if not kept <= ours:
        return False
    if not kept and _names_article(there):
        return True
    values = [unquote(piece.partition("=")[2]) for piece in ours - kept]
    return all(map(is_token, values))


def _drops_session(our_path: str, path: str) -> bool:
    """Tell whether a claim leaves out one segment of the path, which looks like a session."""
    ours, theirs = our_path.split("/"), path.split("/")
    if len(ours) != len(theirs) + 1:
        return False
    at = next(
        (place for place, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), len(theirs)
    )
    return ours[at + 1 :] == theirs[at:] and at < len(theirs) and is_token(ours[at])


def adds_parameters(url: str, other: str) -> bool:
    """Tell whether `other` has parameters that `url` lacks, as a login that keeps which article was asked for."""
    return not set(urlsplit(other).query.split("&")) <= {"", *urlsplit(url).query.split("&")}


def _id_of(form: str) -> str:
    """Find the part of an identity that is most likely the article's id; empty when nothing looks like one."""
    _, path, query = split_identity(form)
    *folders, name = unquote(path).split("/")
    values = [unquote(piece.partition("=")[2]) for piece in query.split("&") if "=" in piece]
    strong, weak = "", ""
    for text in (*folders, _PAGE.sub("", _EXTENSION.sub("", name)), *values):
        for token in _TOKEN.findall(text):
            digits = sum(map(str.isdigit, token))
            if not digits or digits * 3 < len(token) or _DATE.fullmatch(token):
                continue
            if len(token) >= 4 and len(token) >= len(strong):
                strong = token
            elif token == text and text not in folders:
                weak = token
    return strong or weak


def _name_words(form: str) -> frozenset[str]:
    """Collect the words of the last path segment that holds more than a number."""
    _, path, _ = split_identity(form)
    for segment in reversed(unquote(path).split("/")):
        words = _TOKEN.findall(_EXTENSION.sub("", segment).casefold())
        if any(not word.isdigit() for word in words):
            return frozenset(words)
    return frozenset()
