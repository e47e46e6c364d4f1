"""How the web UI gets into the package (`build_backend/`): when it is bundled, and with which Node.

A shell script stands for Node; a real build is part of `.ci/check_packaging.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap_build import bundle, plan
from llamaswap_build.plan import NODE, SEALED, Found, Seal, Step, digest, failure, is_source, needs
from tests.support.folders import folder_for

NPM = """[ "$2 $3 $4" = "ci --omit=dev --ignore-scripts" ] || exit 2
mkdir node_modules
"""
BUILD = """[ "$1 $2" = "build.mjs --out" ] && [ -d node_modules ] || exit 2
mkdir -p "$3/assets"
cp src/index.html "$3/index.html"
echo hashed > "$3/assets/main.0123abcd.js"
"""
FAILS = """for n in $(seq 50); do echo "line $n"; done
echo "npm error code ENOTFOUND" >&2
exit 1
"""


class PlanTests(SynchronousTestCase):
    def test_what_is_done(self) -> None:
        """A checkout bundles once and again after each change; an sdist, which carries both, never."""
        made = Seal("s", "f")
        for found, step in (
            (Found("s", None), Step.BUNDLE),
            (Found("s", "f"), Step.BUNDLE),
            (Found("s", "f", made), Step.KEEP),
            (Found("new", "f", made), Step.BUNDLE),
            (Found("s", "changed", made), Step.BUNDLE),
            (Found("s", None, made), Step.BUNDLE),
            (Found(None, "f"), Step.KEEP),
            (Found(None, "f", made), Step.KEEP),
            (Found(None, None), Step.GIVE_UP),
        ):
            self.assertIs(plan.plan(found, {}), step, found)
            self.assertEqual(needs(step), [NODE] if step is Step.BUNDLE else [])

    def test_the_one_way_to_skip(self) -> None:
        """Only `0` says so, whatever there is."""
        for found in (Found(None, None), Found("s", None), Found("s", "f", Seal("s", "f"))):
            self.assertIs(plan.plan(found, {"LLAMASWAP_BUILD_UI": "0"}), Step.SKIP)
        for word in ("", "1", "no", "false", "00"):
            self.assertIs(plan.plan(Found("s", None), {"LLAMASWAP_BUILD_UI": word}), Step.BUNDLE)

    def test_seals(self) -> None:
        """A text that is none says nothing."""
        self.assertEqual(Seal.read(Seal("a", "b").text()), Seal("a", "b"))
        for text in ("", "a", "a\nb", "a\nb\nc\n"):
            self.assertIsNone(Seal.read(text), text)

    def test_sources(self) -> None:
        """What can change the bundle, and nothing that tools leave beside it."""
        for path in (
            "package.json",
            "package-lock.json",
            ".npmrc",
            "build.mjs",
            "src/a.tsx",
            "src/tests",
            "public/x.svg",
        ):
            self.assertTrue(is_source(path), path)
        for path in ("node_modules", "node_modules/a/b.js", "tests/a.test.ts", "README.md", "src/server/schema.gen.ts"):
            self.assertFalse(is_source(path), path)

    @given(st.dictionaries(st.text(), st.binary()), st.dictionaries(st.text(), st.binary()))
    def test_digests(self, one: Mapping[str, bytes], other: Mapping[str, bytes]) -> None:
        """Are equal for the same files in any order, and for no others."""
        self.assertEqual(digest(one.items()), digest(list(one.items())[::-1]))
        self.assertEqual(digest(one.items()) == digest(other.items()), one == other)
        self.assertEqual(digest(one.items()) is None, not one)

    def test_failures(self) -> None:
        """The last lines are told, and how to do without."""
        said = failure("npm ci", "\n".join(str(n) for n in range(100)))
        self.assertIn("`npm ci` failed", said)
        self.assertIn("  | 99\n", said)
        self.assertNotIn("  | 69\n", said)
        self.assertIn("LLAMASWAP_BUILD_UI=0", said)
        self.assertIn("(it said nothing)", failure("npm ci", " \n"))


class BundleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = folder_for(self)
        self.write("ui/build.mjs", "")
        self.write("ui/src/index.html", "first")
        self.write("ui/node_modules/x.js", "not carried along")
        self.built = self.root / "src" / "llamaswap" / "ui_dist"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.root)}

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def node(self, npm: str = NPM, node: str = BUILD) -> Path:
        """Node's package, with a program that does `npm` for npm and otherwise `node`."""
        text = f"#!/bin/sh\ncase $1 in */npm-cli.js)\n{npm};; *)\n{node};; esac\n"
        program = self.write("node/bin/node", text)
        program.chmod(0o755)
        return program

    def prepare(self) -> None:
        bundle.prepare(self.root, self.environment, lambda: self.root / "node")

    def refused(self) -> str:
        return str(self.assertRaises(SystemExit, self.prepare))

    def test_a_checkout(self) -> None:
        """The UI is there afterwards, and is current; the sources are as before."""
        self.node()
        before = sorted(self.root.glob("ui/**/*"))
        self.assertFalse(bundle.look(self.root).is_current)
        self.prepare()
        self.assertTrue(bundle.look(self.root).is_current)
        self.assertEqual(
            sorted(path.relative_to(self.built).as_posix() for path in self.built.rglob("*") if path.is_file()),
            [SEALED, "assets/main.0123abcd.js", "index.html"],
        )
        self.assertEqual(sorted(self.root.glob("ui/**/*")), before)

    def test_once(self) -> None:
        """What is current is not made again; what has changed is, and nothing of the old is left."""
        self.node()
        self.prepare()
        self.node(npm=FAILS)
        self.prepare()
        self.node()
        self.write("ui/src/index.html", "second")
        self.write("src/llamaswap/ui_dist/assets/old.js", "")
        self.prepare()
        self.assertEqual((self.built / "index.html").read_text(), "second")
        self.assertFalse((self.built / "assets" / "old.js").exists())

    def test_built_by_hand(self) -> None:
        """Files that somebody has changed or made otherwise are not shipped as the UI of these sources."""
        self.node()
        self.prepare()
        (self.built / "index.html").write_text("by hand")
        self.prepare()
        self.assertEqual((self.built / "index.html").read_text(), "first")

    def test_the_node_of_the_package_comes_first(self) -> None:
        """Also for npm and what that starts."""
        program = self.node(npm=NPM + 'command -v node > "$HOME/which"\n')
        self.prepare()
        self.assertEqual((self.root / "which").read_text().strip(), str(program))

    def test_a_failure_ends_the_build(self) -> None:
        """With the last lines of what failed; the UI that was there stays."""
        self.node()
        self.prepare()
        self.write("ui/src/index.html", "second")
        for npm, node, told in (
            (FAILS, BUILD, ("npm ci", "ENOTFOUND", "line 50")),
            (NPM, FAILS, ("node build.mjs", "line 50")),
            (NPM, ":", ("node build.mjs", "index.html")),
        ):
            self.node(npm, node)
            said = self.refused()
            for word in told:
                self.assertIn(word, said)
            self.assertEqual((self.built / "index.html").read_text(), "first")
        (self.root / "node" / "bin" / "node").unlink()
        self.assertIn("No such file", self.refused())

    def test_no_node(self) -> None:
        """Whoever builds without isolation reads what to install."""
        said = str(self.assertRaises(SystemExit, bundle.node_folder, "no_such_package"))
        self.assertIn(NODE, said)
        self.assertIn("--no-build-isolation", said)

    def test_nothing_at_all(self) -> None:
        """Neither sources nor a built UI: no package is made of that by mistake."""
        (self.root / "ui" / "build.mjs").unlink()
        self.assertIn("LLAMASWAP_BUILD_UI=0", self.refused())
        self.environment["LLAMASWAP_BUILD_UI"] = "0"
        self.prepare()
        self.assertFalse(self.built.exists())

    def test_nothing_of_earlier_builds_is_shipped(self) -> None:
        """setuptools keeps copies, whose names nobody asks for any more."""
        self.node()
        copy = self.write("build/lib/llamaswap/ui_dist/assets/old.js", "").parent.parent
        self.prepare()
        self.assertFalse(copy.exists())
        self.assertTrue(copy.parent.exists())
