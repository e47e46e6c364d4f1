"""The keys about what is remembered of requests: `store`, `captures`, `captureBuffer`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import CaptureRules
from tests.config.loading import only, settings


class StoreTests(SynchronousTestCase):
    """How much a file keeps."""

    def test_kept(self) -> None:
        """Everything, unless a number or an age is given; days are a unit here."""
        for text, kept in {
            "": (0, 0.0),
            ", maxRows: 5, maxAge: 90d": (5, 7_776_000.0),
            ", maxAge: 1h30m": (0, 5400.0),
            ", maxRows: 0, maxAge: 0s": (0, 0.0),
            ", maxRows: ~, maxAge: ~": (0, 0.0),
        }.items():
            found = settings(f"store: {{path: a.db{text}}}")
            self.assertEqual((found.store_path, found.store_max_rows, found.store_max_age), ("a.db", *kept), text)

    def test_mistakes(self) -> None:
        """They are told at their place, with what is allowed."""
        self.assertIn("store.maxRows: must be >= 0, not -1", only("store: {path: a, maxRows: -1}"))
        for text in ("-5s", "-0s"):
            self.assertIn("store.maxAge: must be >= 0", only(f"store: {{path: a, maxAge: {text}}}"))
        for text in ("90", "1.5d", "d", "90 d", "1d12h"):
            self.assertIn("such as 90d, ", only(f"store: {{path: a, maxAge: {text}}}"))
        self.assertIn("store.path must not be empty", only("store: {maxRows: 1}"))


class CaptureTests(SynchronousTestCase):
    """What is captured."""

    def test_given(self) -> None:
        """Names each once, without blanks around them."""
        text = 'captures: {level: headers, redact: {headers: [" X-A ", X-A, x-b], fields: [pin, "a b"]}}'
        self.assertEqual(
            settings(text).captures,
            CaptureRules(level="headers", redact_headers=("X-A", "x-b"), redact_fields=("pin", "a b")),
        )
        for text in ("~", "{}", "{level: ~, redact: ~}", "{level: full, redact: {}}", "{redact: {headers: []}}"):
            self.assertEqual(settings(f"captures: {text}").captures, CaptureRules(), text)
        self.assertEqual(settings("captures: {level: off}").captures.level, "off")

    def test_mistakes(self) -> None:
        """Levels that are none, headers that cannot be, empty names."""
        wrong = only("captures: {level: none}")
        self.assertIn("captures.level: level must be one of full, headers, off, not `none`", wrong)
        for name in ('"a b"', '"a:"', "é"):
            self.assertIn("cannot be the name of a header", only(f"captures: {{redact: {{headers: [{name}]}}}}"))
        self.assertIn("unknown key `header`; did you mean `headers`?", only("captures: {redact: {header: [X-A]}}"))
        self.assertIn("unknown key `redacted`", only("captures: {redacted: {fields: [pin]}}"))
        self.assertIn("captures.redact.fields: an empty name", only('captures: {redact: {fields: [" "]}}'))
        self.assertIn("captures.redact.fields: string `x` where a list", only("captures: {redact: {fields: x}}"))
