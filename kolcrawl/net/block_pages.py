"""Is this answer a refusal of robots rather than the page? Told by status, headers and the marks of known gates.

Pure, and careful: a story that speaks of captchas is a story. Marks are looked for in short pages only, and words in
their titles only. What only a reader of the text can tell (a login wall, an empty shell) is the page room's business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response

REFUSALS = frozenset({403, 412, 418, 429, 503, 999})
"""Statuses by which sites send robots away."""
_SHORT = 30_000  # bytes; the gates' own pages are smaller, articles rarely are

_HEADERS = ((b"cf-mitigated", b"challenge"), (b"x-amzn-waf-action", b""), (b"x-datadome", b"captcha"))
_MARKS = re.compile(
    rb"/cdn-cgi/challenge-platform/|_cf_chl_opt|_Incapsula_Resource|captcha-delivery\.com|px-captcha"
    rb"|acw_sc__v2|aliyun_waf|/_guard/(?:auto|html)\.js|AWSC/AWSC/awsc\.js|TCaptcha(?:-global)?\.js"
    rb"|static\.geetest\.com|gcaptcha4\.js|/recaptcha/(?:api|enterprise)\.js[^>]*>\s*</script>\s*</head>\s*<body[^>]*>\s*<form"
)
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_TITLES = re.compile(
    "安全验证|人机验证|滑动验证|访问验证|访问过于频繁|访问受限|访问被拒绝|请求过于频繁|"
    "^just a moment|attention required|access denied|^are you (?:a )?(?:human|robot)|verify you are human|"
    "unusual traffic|pardon our interruption|^robot check|^403 forbidden|^请稍候",
    re.IGNORECASE,
)


def is_block_page(response: Response) -> bool:
    """Whether a site showed its gate instead of the page.

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
    return bool(_TITLES.search(text))
