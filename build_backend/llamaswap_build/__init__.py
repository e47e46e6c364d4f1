"""Builds the package: setuptools, with the web UI bundled into it beforehand. Known to pip by `pyproject.toml`."""
