"""A process that is killed while it writes (http-api section 15): what it leaves is whole."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.opening import open_database
from llamaswap.metrics.queries import Query
from tests.support.folders import folder_for

BATCH = 50
CHILD = f"""
import sys
from llamaswap.metrics.opening import open_database
from tests.support.activity import numbered, row
database = open_database(sys.argv[1])
first = database.last_id + 1
while True:
    assert database.write(numbered([row(error="x" * 500)] * {BATCH}, first)).stored
    first += {BATCH}
    print(first, flush=True)
"""


class CrashTests(SynchronousTestCase):
    def test_killed_while_it_writes(self) -> None:
        """Whole batches, all that were told of, and ids go on."""
        path = str(folder_for(self) / "a.db")
        told = 1
        for batches in (1, 7, 23):
            told = max(told, self.killed_after(path, batches))
            database = open_database(path)
            total = database.page(Query()).total
            self.assertEqual((total % BATCH, database.last_id), (0, total))
            self.assertGreaterEqual(total, told - 1)
            ((state,),) = database._run("PRAGMA integrity_check")
            self.assertEqual(state, "ok")
            database.close()

    def killed_after(self, path: str, batches: int) -> int:
        """Let a process write so many batches, kill it amidst the next; what it said last."""
        child = subprocess.Popen([sys.executable, "-c", CHILD, path], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        self.addCleanup(child.stdout.close)
        try:
            for _ in range(batches):
                self.assertTrue(select.select([child.stdout], [], [], 60)[0], "the child is silent")
                told = int(child.stdout.readline())
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        return told
