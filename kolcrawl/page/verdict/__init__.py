"""Whether a page is a story: lists, fronts, walls, checks and notices are told apart from it."""
