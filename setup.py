from setuptools import setup  # scrapyd-deploy builds eggs through this file; all metadata is in pyproject.toml

setup()
