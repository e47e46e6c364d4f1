"""The beginning of a server: what is decided when."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from llamaswap.config.schema import Settings
from llamaswap.house import House
from llamaswap.shutdown import Shutdown
from tests.support.folders import folder_for


class BeginningTests(TestCase):
    """Made by one user, perhaps, and started as another."""

    async def test_nothing_is_written_before_the_start(self) -> None:
        """The journal's directory belongs to the user that the server runs as: privileges may be shed in between."""
        folder = folder_for(self)
        house = House(Settings(), reactor, {"XDG_STATE_HOME": str(folder)})
        self.assertEqual(list(folder.iterdir()), [])
        house.start()
        self.assertEqual([place.name for place in folder.iterdir()], ["llamaswap"])
        await Shutdown(house, reactor).begin()
        self.assertEqual(list((folder / "llamaswap").iterdir()), [])
