"""What may be fetched from the web, how fast and how much of it, and why a page could not be fetched.

Scrapy components named in `kolcrawl.settings`, and one function:
- `guard.GuardMiddleware`, `handler.GuardedDownloadHandler`: no request leaves the public internet;
- `robots.RobotsMiddleware`, `politeness.PolitenessMiddleware`: sites are requested as they wish, and left alone when
  they fail; `site_health.SiteHealth` keeps what is known of each host;
- `limits.ContentTypeGate`: what is not a page is not downloaded to its end;
- `reasons.reason_of`: the stable code of an outcome.

Knows HTTP and Scrapy's downloader, and nothing of stories or of the database.
"""
