"""Reading stories, links and visits, now or as of a moment. Entry points: `reader.Reader`, `as_of`."""
