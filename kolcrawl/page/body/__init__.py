"""The text of the page's story: where it stands, what stands in it that is not its own, and its paragraphs.

Entry point: `body_text.read_body`.
"""
