"""`llama-swap schema` prints what editors need."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.json_schema import config_schema
from llamaswap.offline import COMMANDS
from tests.offline.running import run

schema = COMMANDS["schema"]


class SchemaTests(SynchronousTestCase):
    """The command."""

    def test_it_is_the_schema(self) -> None:
        """One JSON document on stdout, in ASCII so that any terminal and file can hold it."""
        ran = run(schema)
        self.assertEqual((ran.status, ran.err, ran.out.isascii()), (0, "", True))
        self.assertEqual(json.loads(ran.out), config_schema())
        Draft202012Validator.check_schema(json.loads(ran.out))

    def test_help(self) -> None:
        """`--help` shows the line for the configuration."""
        ran = run(schema, "--help")
        self.assertEqual(ran.status, 0)
        self.assertIn("# yaml-language-server: $schema=llamaswap.schema.json", ran.out)

    def test_wrong_words(self) -> None:
        """Words that it does not take are a mistake of the caller."""
        self.assertEqual(run(schema, "config.yaml").status, 2)
