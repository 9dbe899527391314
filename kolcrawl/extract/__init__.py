"""Looking at single pages without a crawl or a database: fetched, saved, or from a file.

Entry points: `extract_page`, `saved_pages`, `fetch_pages`.
"""
