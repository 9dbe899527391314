"""What a crawl found and how it went: counted, judged, and shown on the terminal and to Prometheus.

Entry points: the Scrapy extensions in `progress`, `summary` and `metrics_extension`; the pure parts below them know no
Scrapy and no database. `crawl_state` is what the parts of a running crawl share.
"""
