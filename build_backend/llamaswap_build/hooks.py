"""The hooks of PEP 517 and 660: those of setuptools, with a look at the web UI before each."""

from __future__ import annotations

import os
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import prepare_metadata_for_build_editable, prepare_metadata_for_build_wheel

from llamaswap_build.bundle import ROOT, look, node_folder, prepare
from llamaswap_build.plan import needs, plan

__all__ = ["prepare_metadata_for_build_editable", "prepare_metadata_for_build_wheel"]


def _for_ui() -> list[str]:
    return needs(plan(look(ROOT), os.environ))


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_for_ui()]


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    return [*build_meta.get_requires_for_build_editable(config_settings), *_for_ui()]


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_for_ui()]


def build_wheel(wheel_directory: Any, config_settings: Any = None, metadata_directory: Any = None) -> str:
    prepare(ROOT, os.environ, node_folder)
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_editable(wheel_directory: Any, config_settings: Any = None, metadata_directory: Any = None) -> str:
    prepare(ROOT, os.environ, node_folder)
    return str(build_meta.build_editable(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: Any, config_settings: Any = None) -> str:
    prepare(ROOT, os.environ, node_folder)
    return str(build_meta.build_sdist(sdist_directory, config_settings))
