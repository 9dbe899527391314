"""Text of any language: its form, language, dates, names and titles. Pure functions on strings.

The words of languages are tables in `kolcrawl/data`, read by `tables`; the ranges of scripts are in `scripts`. One more
language is a few lines of data and changes no code.
"""
