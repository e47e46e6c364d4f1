"""What the demo needs, where it keeps its files, and the configuration it hands over."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from pathlib import Path

import yaml
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.source import Source
from llamaswap.demo import config
from llamaswap.demo.config import CHAT, HELPERS, MODELS, DemoUnavailable
from llamaswap.demo.engine import arguments


class RequirementsTests(SynchronousTestCase):
    """What is missing is named together with the way to get it."""

    def test_missing_engine_names_the_extra(self) -> None:
        """Without xllamacpp the user is told which extra to install."""
        error = self.assertRaises(DemoUnavailable, config.check_requirements, lambda name: None)
        self.assertIn("pip install '.[demo]'", str(error))

    def test_missing_openmp_names_the_package(self) -> None:
        """Without libgomp.so.1 the user is told the package of each distribution."""

        def load(name: str) -> object:
            raise OSError(f"{name}: cannot open shared object file")

        error = self.assertRaises(DemoUnavailable, config.check_requirements, lambda name: name, load, "linux")
        for words in ("libgomp.so.1", "apt-get install libgomp1", "dnf install libgomp", "apk add libgomp"):
            self.assertIn(words, str(error))

    def test_complete_installation_passes(self) -> None:
        """With both there is nothing to say, and the engine itself was not loaded."""
        asked: list[str] = []
        config.check_requirements(lambda name: name, asked.append, "linux")
        self.assertEqual(asked, ["libgomp.so.1"])

    def test_other_systems_bring_their_own_openmp(self) -> None:
        """Outside Linux no library is looked for."""
        asked: list[str] = []
        config.check_requirements(lambda name: name, asked.append, "darwin")
        self.assertEqual(asked, [])


class CacheTests(SynchronousTestCase):
    """Files are written once, whole, where the user's cache is."""

    def setUp(self) -> None:
        base = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, base)
        self.folder = Path(base, "cache")

    def test_folder_follows_the_xdg_rules(self) -> None:
        """An absolute XDG_CACHE_HOME is used, a relative one is ignored."""
        self.patch(os, "environ", {"XDG_CACHE_HOME": "/caches", "HOME": "/home/me"})
        self.assertEqual(config.cache_folder(), Path("/caches/llamaswap"))
        self.patch(os, "environ", {"XDG_CACHE_HOME": "caches", "HOME": "/home/me"})
        self.assertEqual(config.cache_folder(), Path("/home/me/.cache/llamaswap"))

    def test_every_model_gets_its_file(self) -> None:
        """One GGUF file for each model, and nothing unfinished beside them."""
        config.write_models(self.folder)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {model.file_name for model in MODELS})
        self.assertEqual({path.read_bytes()[:4] for path in self.folder.iterdir()}, {b"GGUF"})

    def test_existing_files_are_kept(self) -> None:
        """A second start writes nothing."""
        self.folder.mkdir()
        for model in MODELS:
            (self.folder / model.file_name).write_bytes(b"kept")
        config.write_models(self.folder)
        self.assertEqual({path.read_bytes() for path in self.folder.iterdir()}, {b"kept"})

    def test_file_names_tell_contents_apart(self) -> None:
        """Other contents never find the file of former ones."""
        self.assertEqual(len({model.file_name.partition("-")[2] for model in MODELS}), len(MODELS))

    def test_unwritable_folder_is_explained(self) -> None:
        """A folder that cannot be made is named, with the variable that moves it."""
        self.folder.write_bytes(b"")
        error = self.assertRaises(DemoUnavailable, config.write_models, self.folder)
        self.assertIn(str(self.folder), str(error))
        self.assertIn("XDG_CACHE_HOME", str(error))


class ConfigurationTests(SynchronousTestCase):
    """The text is an ordinary configuration that shows swapping."""

    def setUp(self) -> None:
        self.folder = Path("/tmp/a folder")
        self.tree = yaml.safe_load(config.demo_configuration(self.folder, "/usr/bin/python3", 4000))

    def test_chat_models_take_turns_and_helpers_stay(self) -> None:
        """Chat models swap with each other; embedding and rerank run beside them."""
        self.assertEqual(self.tree["groups"]["chat"], {"members": [model.id for model in CHAT]})
        helpers = self.tree["groups"]["helpers"]
        self.assertEqual(helpers.pop("members"), [model.id for model in HELPERS])
        self.assertEqual(helpers, {"swap": False, "exclusive": False, "persistent": True})

    def test_every_command_is_one_that_the_engine_understands(self) -> None:
        """Each command starts the engine on the model's file, blanks in its path included."""
        for model in MODELS:
            python, *words = shlex.split(self.tree["models"][model.id]["cmd"].replace("${PORT}", "4001"))
            self.assertEqual((python, words[:3]), ("/usr/bin/python3", ["-P", "-m", "llamaswap.demo.engine"]))
            options = arguments().parse_args(words[3:])
            self.assertEqual((options.model, options.port), (str(self.folder / model.file_name), 4001))
            self.assertEqual(options.alias, model.id)

    def test_embedding_and_rerank_are_separate_processes(self) -> None:
        """One model embeds, another one reranks: under rank pooling embeddings are zeros."""
        commands = [entry["cmd"] for entry in self.tree["models"].values()]
        self.assertEqual([sum(task in cmd for cmd in commands) for task in ("--embedding", "--rerank")], [1, 1])
        self.assertFalse([cmd for cmd in commands if "--embedding" in cmd and "--rerank" in cmd])

    def test_start_port_is_the_given_one(self) -> None:
        """Ports are counted from the given number."""
        self.assertEqual(self.tree["startPort"], 4000)

    def test_our_own_loader_accepts_it(self) -> None:
        """The loader finds nothing to complain about, and each model has a port of its own."""
        settings = load([Source("demo", config.demo_configuration(self.folder))])
        self.assertEqual(settings.warnings, ())
        self.assertEqual(len({model.port for model in settings.models.values()}), len(MODELS))
