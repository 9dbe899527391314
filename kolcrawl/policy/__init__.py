"""Decide what a crawl follows, in which order, and when it visits again. Pure: words and numbers in, verdicts out.

Entry points: `relevance.Relevance`, `scope.Scope`, `priority.priority`, `revisit.due`. Earlier crawls are asked through
the protocol in `earlier_crawls`, so that a second database changes nothing here.
"""
