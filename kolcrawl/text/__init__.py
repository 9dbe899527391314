"""Text of any language: its form, language, dates, names and titles. Pure functions on strings.

Entry points: the functions of each module. Knows languages and scripts, whose words are tables in `kolcrawl/data`; a
tenth language is a few lines of data and changes no code here.
"""
