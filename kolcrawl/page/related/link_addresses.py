"""What a link's address says, before anyone fetches it: where it leads and what shape it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlencode, urljoin

from kolcrawl.page.related.lexicon import word_set

_PARTS = re.compile(r"(https?)://([^/?#\s]+)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_DEAD = ("#", "javascript", "mailto:", "tel:", "data:", "whatsapp:", "about:", "sms:", "weixin:", "file:", "blob:")
_MARKS = re.compile(
    r"utm_\w+|spm|scm|from|source|src|ref|ref_src|referrer|cmpid|ito|ocid|int_\w+|icid|ftag|mod|traffic_source|at_\w+|fbclid|"
    r"gclid|yclid|_ga|ncid|cid|smid|xtor|wt_\w+|pk_\w+|mc_\w+|share\w*|tag_from|n_cid|chardig|trackingcode|reason|itm_\w+|"
    r"itc\w*|position|link_location|module|pgtype|region|via|rel|re[fl]_\w+|intcmp|intlink|recommendationsource",
    re.IGNORECASE,
)  # fmt: skip
_SLASHES = re.compile(r"(?<!:)/{2,}")
_CONTROL = re.compile(r"[\t\n\r\x00]")
_SUFFIX = re.compile(r"\.(s?html?|xhtml|php\d?|aspx?|jsp|ece|cms|do|amp)$", re.IGNORECASE)
_FILE = re.compile(
    r"\.(jpe?g|png|gif|webp|svg|pdf|zip|rar|apk|ipa|exe|dmg|mp[34]|m3u8|avi|docx?|xlsx?|pptx?|xml|rss|ics|css|js)$",
    re.IGNORECASE,
)
_DEED = re.compile(r"(?:^|&)(?:share|replytocom|print|redirect_to)=", re.IGNORECASE)
_CARRIED = re.compile(r"[/=*]https?://[^/?#\s]+([^?#&\s]+)", re.IGNORECASE)
_COUNTED = frozenset(("page", "img", "image", "photo", "photos", "picture", "pic"))  # /photo/3 is the third picture
_STORY_END = re.compile(r"\d{5,}[^/]*$")
_DATE_SEGMENT = re.compile(r"(19|20)\d\d([-_]?\d\d)?([-_]?\d\d)?")
_HASH_SEGMENT = re.compile(r"(?=.*\d)[0-9A-Za-z_-]{8,}")
_CODE_SEGMENT = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[0-9A-Za-z]{10,}")
_STORY_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{6,}(?![0-9A-Za-z])")
_LONG_NUMBER = re.compile(r"\d{4,15}")
_URL_DATE = re.compile(r"(20[0-3]\d)[/_-]?(0[1-9]|1[0-2])(?:[/_-]?([0-3]\d))?(?!\d{5})")
_PLACES, _PLACE_ENDS = word_set("places"), word_set("place_ends")
_SERVICES, _SECOND_LABELS = word_set("services"), word_set("second_labels")


@dataclass(slots=True)
class Shape:
    """What kind of parts an address is made of."""

    kinds: tuple[str, ...]
    """One letter a path segment: D date, d short number, N number, S slug, i mixed with a number, h hash, w word,
    q number in the query."""
    segments: tuple[str, ...]
    number: int | None
    """The last long number in it."""
    day: float | None
    """Days since the year 0, roughly, where the address holds a date."""

    @property
    def slug(self) -> bool:
        """Ends like a story's address, not like a section's."""
        return bool(self.kinds) and self.kinds[-1][0] in "SNihDq"


@dataclass(slots=True)
class Target:
    """Where one link leads."""

    url: str
    key: str
    """Two links lead to one page when their keys agree."""
    host: str
    path: str
    query: str
    place: bool
    """A section front, tag, person, form, file or service: not a story."""
    _shape: Shape | None = None

    @property
    def shape(self) -> Shape:
        """Shape of the address, or of the one it carries when it is a redirect."""
        if self._shape is None:
            self._shape = _shape_behind(self.path, self.query)
        return self._shape


@dataclass(frozen=True, slots=True)
class Own:
    """What the page itself is known by."""

    keys: frozenset[str]
    """Keys of its addresses."""
    shape: Shape
    """Shape of its address."""
    titles: frozenset[str]
    """Its headline, as often as the page gives it."""
    number: str
    """What its site knows the story by: a number or code in its address, or an empty string."""
    site: str
    """Its registrable domain."""

    def belongs(self, target: Target) -> bool:
        """The target is the page, or belongs to it: its comments, its pictures, its order form."""
        if target.key in self.keys:
            return True
        if target.query and self.shape.slug and target.key.partition("?")[0] in self.keys:
            return True
        if self.number and self.number in target.url and registrable(target.host) == self.site:
            alone = re.compile(rf"(?<![0-9A-Za-z]){re.escape(self.number)}(?![0-9A-Za-z])")
            values = [value for _, value in parse_qsl(target.query) if "/" not in value]
            if alone.search("/".join([target.path, *values])):
                return True
        if "http" not in target.query or shape_of(target.path, "").slug:
            return False
        carried = [value for _, value in parse_qsl(target.query) if value.startswith(("http:", "https:"))]
        return bool(carried) and all(page_key(value) in self.keys for value in carried)


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """The registrable domain, near enough to tell own links from foreign ones."""
    labels = host.rstrip(".").split(".")
    if len(labels) >= 3 and labels[-2] in _SECOND_LABELS and len(labels[-1]) <= 3:
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])


class Resolver:
    """Resolves the hrefs of one page, each once."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url
        parts = _PARTS.match(base_url)
        self._scheme = parts[1].lower() if parts else "http"
        self._origin = f"{self._scheme}://{parts[2]}" if parts else ""
        self._site = registrable(host_of(base_url))
        self._known: dict[str, Target | None] = {}

    def resolve(self, href: str) -> Target | None:
        """Where an href leads, or None when to nothing on the web."""
        if href in self._known:
            return self._known[href]
        target = self._known[href] = self._resolve(href)
        return target

    def _resolve(self, href: str) -> Target | None:
        href = href.strip()
        if not href or len(href) > 2000 or href[:10].lower().startswith(_DEAD):
            return None
        if href.startswith("//"):
            url = f"{self._scheme}:{href}"
        elif href.startswith("/") and "/../" not in href:
            url = self._origin + href
        elif href[:7].lower() == "http://" or href[:8].lower() == "https://":
            url = href
        else:
            try:
                url = urljoin(self._base, href)
            except ValueError:
                return None
        return _target(url, self._site)


@lru_cache(maxsize=16_384)  # the pages of a site share most of their links
def _target(url: str, site: str) -> Target | None:
    parts = _PARTS.fullmatch(url)
    if not parts:
        return None
    host = parts[2].rsplit("@", 1)[-1].split(":", 1)[0].lower()
    path, query = parts[3], parts[4] or ""
    return Target(
        url=_CONTROL.sub("", url).replace(" ", "%20"),
        key=_key(host, path, query),
        host=host,
        path=path,
        query=query,
        place=_is_place(path, query) or (_is_service(host) and registrable(host) != site),
    )


def _key(host: str, path: str, query: str) -> str:
    if "//" in path:
        path = _SLASHES.sub("/", path)
    key = host.removeprefix("www.") + (unquote(path) if "%" in path else path).rstrip("/")
    if query:
        try:
            kept = sorted((k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not _MARKS.fullmatch(k))
        except ValueError:
            return f"{key}?{query}"
        if kept:
            return f"{key}?{urlencode(kept)}"
    return key


def _shape_behind(path: str, query: str) -> Shape:
    if "http" in path or "http" in query:
        inner = _CARRIED.search(unquote(f"{path}?{query}"))
        if inner:
            return shape_of(inner[1], "")
    return shape_of(path, query)


def _is_place(path: str, query: str) -> bool:
    if (len(path) < 2 and not query) or (query and _DEED.search(query)):
        return True
    parts = path.lower().split("/")
    last = parts.pop() or (parts.pop() if parts else "")
    if "." in last and _FILE.search(last):
        return True
    stem = last.partition(".")[0]
    if stem in _PLACES:
        return True
    if stem in _PLACE_ENDS or (parts and parts[-1] in _COUNTED and stem.isdigit() and len(stem) <= 3):
        return not query
    if _PLACES.isdisjoint(parts):
        return False
    return not (len(parts) > 2 and _STORY_END.search(last))


@lru_cache(maxsize=4096)
def _is_service(host: str) -> bool:
    return registrable(host).split(".", 1)[0] in _SERVICES


def page_key(url: str) -> str:
    """The key under which links to this page are known."""
    parts = _PARTS.fullmatch(url)
    return _key(parts[2].lower(), parts[3], parts[4] or "") if parts else url


def story_number(url: str) -> str:
    """The number or code by which a site knows the story of this address, or an empty string.

    It must be long, stand alone and be no date: what other stories' addresses may hold too is none.
    """
    parts = _PARTS.match(url)
    segments = [s for s in parts[3].split("/") if s] if parts else []
    for segment in segments[:-3:-1]:
        stem = segment.partition(".")[0]
        if re.fullmatch(r"\w{1,3}[-_]?\d{6,}|\d{6,}", stem) or _CODE_SEGMENT.fullmatch(stem):
            return "" if _DATE_SEGMENT.fullmatch(stem) else stem
        numbers = [n for n in _STORY_NUMBER.findall(stem) if not _DATE_SEGMENT.fullmatch(n)]
        if numbers:
            return str(numbers[0]) if len(numbers) == 1 else stem
        if len(stem) > 2 and stem not in _PLACE_ENDS and stem != "amp":
            break  # it tells the story: a number before it may be its section's
    if parts and parts[4] and len(segments) <= 2:
        asked = [v for _, v in parse_qsl(parts[4]) if re.fullmatch(r"\d{6,}", v) and not _DATE_SEGMENT.fullmatch(v)]
        return asked[0] if len(asked) == 1 else ""
    return ""


def host_of(url: str) -> str:
    """Host in lower case, or an empty string."""
    parts = _PARTS.match(url)
    return parts[2].rsplit("@", 1)[-1].split(":", 1)[0].lower() if parts else ""


@lru_cache(maxsize=16_384)
def shape_of(path: str, query: str) -> Shape:
    """The shape of an address."""
    segments = tuple(s for s in (unquote(path) if "%" in path else path).split("/") if s)
    kinds = [_kind(s) for s in segments]
    numbers = _LONG_NUMBER.findall(path)
    if query:
        asked = _LONG_NUMBER.findall(query) or re.findall(r"(?:id|no|nid|aid|p|article|news)\w*=(\d+)", query)
        if asked:
            kinds.append("q")
            numbers += asked
    date = _URL_DATE.search(path)
    day = int(date[1]) * 365 + int(date[2]) * 30.4 + int(date[3] or 15) if date else None
    return Shape(tuple(kinds), segments, int(numbers[-1]) if numbers else None, day)


def shape_of_url(url: str) -> Shape:
    """The shape of an absolute URL."""
    parts = _PARTS.match(url)
    return shape_of(parts[3], parts[4] or "") if parts else shape_of("", "")


def _kind(segment: str) -> str:
    suffix = _SUFFIX.search(segment)
    mark = ""
    if suffix:
        segment, mark = segment[: suffix.start()], "."
    if _DATE_SEGMENT.fullmatch(segment):
        return "D" + mark
    if segment.isdigit():
        return ("d" if len(segment) <= 2 else "N") + mark
    hyphens = segment.count("-") + segment.count("_")
    long_number = _LONG_NUMBER.search(segment) is not None
    if hyphens >= 3:
        return ("Sn" if long_number else "S") + mark
    if long_number:
        return "i" + mark
    if _HASH_SEGMENT.fullmatch(segment):
        return "h" + mark
    if not segment.isascii() and len(segment) >= 8:
        return "S" + mark
    return "w" + mark


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """0 to 1: how alike two address shapes are."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    same = set(one)
    shared = same & set(other)
    return 0.5 * (one[-1] == other[-1]) + 0.2 * (len(one) == len(other)) + 0.3 * len(shared) / len(same | set(other))
