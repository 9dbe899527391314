"""Recognise pages that refuse robots, by headers, by the marks of known gates, and by their titles.

Pure, and careful: a story that speaks of captchas is a story. Marks are looked for in short pages only, and words in
their titles only. What only a reader of the text can see (a login wall, an empty shell) is judged by `kolcrawl.page`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kolcrawl.text.tables import read_table

if TYPE_CHECKING:
    from scrapy.http import Response

REFUSAL_STATUSES = frozenset({403, 412, 418, 429, 503, 999})
"""Statuses by which sites send robots away."""
_SHORT = 30_000  # bytes; the gates' own pages are smaller, articles rarely are

_HEADERS = ((b"cf-mitigated", b"challenge"), (b"x-amzn-waf-action", b""), (b"x-datadome", b"captcha"))
_MARKS = re.compile(
    rb"/cdn-cgi/challenge-platform/|_cf_chl_opt|_Incapsula_Resource|captcha-delivery\.com|px-captcha"
    rb"|acw_sc__v2|aliyun_waf|/_guard/(?:auto|html)\.js|AWSC/AWSC/awsc\.js|TCaptcha(?:-global)?\.js"
    rb"|static\.geetest\.com|gcaptcha4\.js|/recaptcha/(?:api|enterprise)\.js[^>]*>\s*</script>\s*</head>\s*<body[^>]*>\s*<form"
)
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_GATE_TITLE = re.compile(
    "|".join(title for titles in read_table("block_pages.toml")["titles"].values() for title in titles), re.IGNORECASE
)


def is_block_page(response: Response) -> bool:
    """Tell whether a site showed its gate instead of the page.

    Args:
        response: decompressed; of any status.
    """
    headers = response.headers
    for name, value in _HEADERS:
        if (found := headers.get(name)) is not None and value in found.lower():
            return True
    body = response.body
    if not 0 < len(body) <= _SHORT:
        return False
    if _MARKS.search(body):
        return True
    title = _TITLE.search(body)
    if title is None:
        return False
    encoding = getattr(response, "encoding", "utf-8")
    text = title[1].decode(encoding, "replace").strip()
    if response.status == 403 and text.lower().startswith("403 forbidden"):
        return False  # a server's own words for the status: this page is kept back, and maybe no other
    return bool(_GATE_TITLE.search(text))
