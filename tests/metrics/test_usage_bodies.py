"""What is read in answers as engines write them, in whatever pieces they come.

They are cut at every byte, and 10,000 times at random; `LLAMASWAP_CUTS` asks for more of the latter.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from itertools import pairwise

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.answers import SHORT
from llamaswap.metrics.row import NO_TOKENS
from llamaswap.metrics.usage import Meter, Reading
from tests.support.bodies import CODINGS, Body, bodies, coded

RANDOM_CUTS = int(os.environ.get("LLAMASWAP_CUTS", "10000"))
NOTHING_HELD = 0
"""Every text and line is read as a long one."""
BODIES = bodies()


def reading(meter: Meter, pieces: Iterable[bytes]) -> Reading:
    for piece in pieces:
        meter.feed(piece)
    return meter.close()


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    ends = [0, *sorted(cuts), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


class BodyTests(SynchronousTestCase):
    def test_there_are_many(self) -> None:
        """At least sixty, and something is read in most."""
        self.assertGreaterEqual(len(BODIES), 60)
        self.assertGreater(sum(body.reading.tokens != NO_TOKENS for body in BODIES), 50)

    def test_whole(self) -> None:
        """What stands in their heads."""
        for body in BODIES:
            for short in (SHORT, NOTHING_HELD):
                self.assertEqual(reading(body.meter(short=short), [body.data]), body.reading, (body.name, short))

    def test_coded(self) -> None:
        """The same under every coding, and the decoded body is handed out."""
        for body in BODIES:
            for name, (header, _) in CODINGS.items():
                meter = body.meter(header)
                self.assertEqual(meter.feed(coded(body.data, name)), body.data, (body.name, name))
                self.assertEqual(meter.close(), body.reading, (body.name, name))

    def test_byte_by_byte(self) -> None:
        """The same."""
        for body in BODIES:
            for short in (SHORT, NOTHING_HELD):
                found = reading(body.meter(short=short), pieces(body.data, range(1, len(body.data))))
                self.assertEqual(found, body.reading, (body.name, short))

    def test_cut_at_every_byte(self) -> None:
        """The same."""
        for body in BODIES:
            for short in (SHORT, NOTHING_HELD):
                for cut in range(len(body.data)):
                    found = reading(body.meter(short=short), (body.data[:cut], body.data[cut:]))
                    self.assertEqual(found, body.reading, (body.name, short, cut))

    def test_cut_at_random(self) -> None:
        """The same, under every coding."""
        chance = random.Random(5)
        variants = [(body, name, coded(body.data, name)) for body in BODIES for name in CODINGS]
        for _ in range(RANDOM_CUTS):
            body, name, data = chance.choice(variants)
            cuts = chance.sample(range(len(data)), min(len(data), chance.randint(1, 12)))
            meter = body.meter(CODINGS[name][0], chance.choice((NOTHING_HELD, 100, SHORT)))
            self.assertEqual(reading(meter, pieces(data, cuts)), body.reading, (body.name, name, cuts))

    def test_coded_and_cut_off(self) -> None:
        """An answer that ends before its coding says so has failed; nothing is read in it, and nothing breaks."""
        for body in BODIES:
            for name, (header, _) in CODINGS.items():
                if header:
                    self._cut_off(body, header, coded(body.data, name))

    def _cut_off(self, body: Body, header: str, data: bytes) -> None:
        found = reading(body.meter(header), [data[: len(data) - 5]])
        self.assertEqual((found.tokens, found.decoded), (NO_TOKENS, False), (body.name, header))
        self.assertIn("failed: ", found.error, (body.name, header))
