"""Build eggs for Scrapyd and wheels; all metadata is in pyproject.toml.

`spiders` and `pipelines` are the project's layout in a checkout and in an egg. Both names are common, so that a wheel
must not thrust them on an environment: there they travel inside kolcrawl, as `kolcrawl.bundled.spiders` and so on.
"""

from setuptools import setup
from setuptools.command.build import build
from setuptools.command.build_py import build_py

BUNDLED = ("spiders", "pipelines")


class Build(build):
    """Keeps what is built for a wheel apart from what was built for an egg."""

    def initialize_options(self):
        """Choose the folder."""
        super().initialize_options()
        if "bdist_wheel" in self.distribution.commands:
            self.build_base = "build/wheel"


class BuildPy(build_py):
    """Moves the packages of the project inside, for a wheel."""

    def finalize_options(self):
        """Rename the packages."""
        whole = self.distribution
        if "bdist_wheel" in whole.commands:
            inside = {name: f"kolcrawl.bundled.{name}" for name in BUNDLED}
            whole.packages = [inside.get(name, name) for name in whole.packages]
            whole.package_dir = {**(whole.package_dir or {}), **{new: old for old, new in inside.items()}}
        super().finalize_options()


setup(cmdclass={"build": Build, "build_py": BuildPy})
