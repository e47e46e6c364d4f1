"""When Python looks for garbage."""

from __future__ import annotations

import gc

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.collector import loading


class LoadingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        self.addCleanup(gc.unfreeze)

    def test_nothing_is_looked_at_while_a_program_is_loaded(self) -> None:
        """Nor afterwards, of what was loaded; what comes later is."""
        with loading():
            self.assertFalse(gc.isenabled())
            loaded = [object()]
        self.assertTrue(gc.isenabled())
        self.assertFalse(any(loaded is each for each in gc.get_objects()))
        later = [object()]
        self.assertTrue(any(later is each for each in gc.get_objects()))

    def test_it_is_looked_again_however_the_loading_ends(self) -> None:
        """As when an address cannot be listened on."""
        with self.assertRaises(ZeroDivisionError), loading():
            raise ZeroDivisionError
        self.assertTrue(gc.isenabled())
