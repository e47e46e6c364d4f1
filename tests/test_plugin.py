"""The plugin that announces the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
LOAD = """
import runpy, sys
found = runpy.run_path(sys.argv[1])["llamaswap"]
assert (found.tapname, found.module) == ("llamaswap", "llamaswap.tap"), found
loaded = [name for name in sys.modules if name == "twisted.internet.reactor" or name.startswith("llamaswap")]
assert not loaded, loaded
"""


class PluginTests(SynchronousTestCase):
    """`twisted/plugins/llamaswap_plugin.py`."""

    def test_light(self) -> None:
        """Announcing the command imports neither the reactor (which `--reactor` chooses) nor anything of ours."""
        plugin = ROOT / "twisted" / "plugins" / "llamaswap_plugin.py"
        subprocess.run([sys.executable, "-c", LOAD, str(plugin)], check=True, timeout=30)

    def test_no_packages_above_it(self) -> None:
        """An `__init__.py` there would overwrite Twisted's own on install."""
        self.assertEqual(list((ROOT / "twisted").rglob("__init__.py")), [])
