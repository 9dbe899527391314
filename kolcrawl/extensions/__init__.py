"""What watches a crawl and speaks of it: the progress line, the report at the end."""
