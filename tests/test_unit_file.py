"""The systemd unit of `contrib/`."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

UNIT = Path(__file__).parent.parent / "contrib" / "llamaswap.service"


class UnitTests(SynchronousTestCase):
    def test_a_folder_for_what_is_kept(self) -> None:
        """`store.path` of the examples, relative or below /var/lib, is in a directory that the server may write to."""
        unit = ConfigParser(interpolation=None, strict=False)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(UNIT.read_text(encoding="utf-8"))
        service = unit["Service"]
        self.assertEqual((service["StateDirectory"], service["WorkingDirectory"]), ("llamaswap", "%S/llamaswap"))
