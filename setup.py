# scrapyd-deploy builds eggs through this file; all metadata is in pyproject.toml.
from setuptools import setup

setup()
