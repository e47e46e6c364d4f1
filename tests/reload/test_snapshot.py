"""What counts as a change of the files (S-100), and where one would be noticed: on real files, without waiting."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.files import Files
from llamaswap.reload.snapshot import Look, Mark, fires, look
from tests.support.folders import folder_for


class S100Case(SynchronousTestCase):
    """A folder with a look at it."""

    def setUp(self) -> None:
        self.folder = Path(os.path.realpath(folder_for(self)))
        self.files = Files(str(self.folder / "config.yaml"))
        self.write("config.yaml", "a: 1")
        self.seen = look(self.files)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, (1, 1))  # so that what differs is what the test says
        return path

    def fired(self) -> bool:
        """Whether there is something to load since the last time that this was asked."""
        before, self.seen = self.seen, look(self.files)
        return fires(before, self.seen)


class S100FileTests(S100Case):
    """`-config FILE`."""

    def test_s100_nothing_happened(self) -> None:
        """Looking again is no change."""
        self.assertFalse(self.fired())

    def test_s100_time(self) -> None:
        """Another time fires, once."""
        os.utime(self.folder / "config.yaml", (2, 2))
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_size(self) -> None:
        """Another size fires, once, although the time is the same."""
        self.write("config.yaml", "a: 10")
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_replaced(self) -> None:
        """Another file in its place fires, although size and time are the same."""
        self.write("new", "b: 2").rename(self.folder / "config.yaml")
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_symlink_swap(self) -> None:
        """A link that leads to another file fires, once."""
        self.write("one", "a: 1")
        self.write("two", "b: 2")
        self.link("config.yaml", "one")
        self.fired()
        self.link("config.yaml", "two")
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_change_behind_a_symlink(self) -> None:
        """A change of the file that a link leads to fires."""
        self.write("one", "a: 1")
        self.link("config.yaml", "one")
        self.fired()
        self.write("one", "a: 10")
        self.assertTrue(self.fired())

    def test_s100_disappearance(self) -> None:
        """A file that is gone does not fire, one that comes back as it was does."""
        path = self.folder / "config.yaml"
        path.rename(self.folder / "away")
        self.assertEqual((self.fired(), self.fired()), (False, False))
        (self.folder / "away").rename(path)
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_missing_from_the_start(self) -> None:
        """A file that was never there fires when it appears."""
        self.files = Files(str(self.folder / "sub" / "config.yaml"))
        self.assertEqual((self.fired(), self.fired()), (False, False))
        self.write("sub/config.yaml", "a: 1")
        self.assertTrue(self.fired())

    def test_s100_other_files(self) -> None:
        """What else happens in the directory is nothing."""
        self.write("other.yaml", "b: 1")
        self.assertFalse(self.fired())

    def link(self, name: str, target: str) -> None:
        link = self.folder / "link"
        link.symlink_to(target)
        link.rename(self.folder / name)


class S100DirectoryTests(S100Case):
    """`-config-dir DIR`."""

    def setUp(self) -> None:
        super().setUp()
        self.files = Files(config_dir=str(self.folder))
        self.seen = look(self.files)

    def test_s100_changes(self) -> None:
        """A new file, a change in one, a file that is gone: each fires, once."""
        self.write("b.yml", "b: 1")
        self.assertEqual((self.fired(), self.fired()), (True, False))
        self.write("b.yml", "b: 10")
        self.assertEqual((self.fired(), self.fired()), (True, False))
        (self.folder / "b.yml").unlink()
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_rename(self) -> None:
        """The same file under another name is another set: its place in the order counts."""
        (self.folder / "config.yaml").rename(self.folder / "z.yaml")
        self.assertTrue(self.fired())

    def test_s100_other_files(self) -> None:
        """Files that do not belong to a configuration, and subdirectories, are nothing."""
        self.write("c.json", "{}")
        self.write("c.YAML", "")
        self.write("sub.yaml/a.yaml", "")
        self.assertFalse(self.fired())

    def test_s100_empty_or_missing(self) -> None:
        """A directory that becomes empty or disappears stays quiet, and fires when it has a file again."""
        (self.folder / "config.yaml").rename(self.folder / "away")
        self.assertEqual((self.fired(), self.fired()), (False, False))
        (self.folder / "away").rename(self.folder / "config.yaml")
        self.assertTrue(self.fired())
        moved = self.folder.with_name(self.folder.name + "-moved")
        self.folder.rename(moved)
        self.assertEqual((self.fired(), self.fired()), (False, False))
        moved.rename(self.folder)
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_links(self) -> None:
        """A link that begins to lead somewhere else fires; one that leads nowhere is no file to load."""
        self.write("one", "a: 1")
        (self.folder / "config.yaml").unlink()
        (self.folder / "config.yaml").symlink_to("nowhere")
        self.assertFalse(self.fired())
        (self.folder / "nowhere").symlink_to("one")
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_s100_config_map(self) -> None:
        """Kubernetes swaps `..data`, behind which all files change at once."""
        (self.folder / "config.yaml").unlink()
        for generation in ("..1", "..2"):
            self.write(f"{generation}/config.yaml", "a: 1")
        (self.folder / "..data").symlink_to("..1")
        (self.folder / "config.yaml").symlink_to("..data/config.yaml")
        self.fired()
        (self.folder / "..new").symlink_to("..2")
        (self.folder / "..new").rename(self.folder / "..data")
        self.assertEqual((self.fired(), self.fired()), (True, False))

    def test_both(self) -> None:
        """With a file and a directory, a change of either fires."""
        self.files = Files(str(self.write("sub/first.yaml", "")), str(self.folder))
        self.fired()
        self.write("sub/first.yaml", "a: 1")
        self.assertTrue(self.fired())
        self.write("b.yaml", "")
        self.assertTrue(self.fired())


class PlaceTests(S100Case):
    """Where a change would be noticed."""

    def places(self, config: str = "", config_dir: str = "") -> set[str]:
        """By path from the test's folder."""
        seen = look(Files(*(name and str(self.folder / name) for name in (config, config_dir))))
        return {os.path.relpath(place.path, self.folder) for place in seen.places}

    def test_plain_file(self) -> None:
        """The directory, where a file may take its place, and the file, which may be mounted from elsewhere."""
        self.assertEqual(self.places("config.yaml"), {".", "config.yaml"})

    def test_directory(self) -> None:
        """The directory itself and its files."""
        self.write("conf.d/a.yaml", "")
        self.write("conf.d/other", "")
        self.assertEqual(self.places(config_dir="conf.d"), {"conf.d", "conf.d/a.yaml"})

    def test_links(self) -> None:
        """Every directory that holds a link on the way, and the end of the way."""
        self.write("releases/1", "")
        (self.folder / "releases" / "1").unlink()
        self.write("releases/1/config.yaml", "")
        (self.folder / "current").symlink_to("releases/1")
        (self.folder / "etc").mkdir()
        (self.folder / "etc" / "config.yaml").symlink_to("../current/config.yaml")
        self.assertEqual(self.places("etc/config.yaml"), {"etc", ".", "releases/1", "releases/1/config.yaml"})

    def test_absolute_link(self) -> None:
        """A link with an absolute target begins at the root."""
        (self.folder / "etc").mkdir()
        (self.folder / "etc" / "link.yaml").symlink_to(self.folder / "config.yaml")
        self.assertEqual(self.places("etc/link.yaml"), {"etc", ".", "config.yaml"})

    def test_missing(self) -> None:
        """Where the first missing name will appear."""
        self.assertEqual(self.places("sub/deep/config.yaml"), {"."})
        (self.folder / "sub").mkdir()
        self.assertEqual(self.places("sub/deep/config.yaml"), {"sub"})

    def test_file_in_the_way(self) -> None:
        """A file where a directory should be is where that will appear."""
        self.assertEqual(self.places("config.yaml/x"), {"config.yaml"})

    def test_circle(self) -> None:
        """Links that lead in a circle end nowhere."""
        (self.folder / "a").symlink_to("b")
        (self.folder / "b").symlink_to("a")
        self.assertEqual(self.places("a"), {"."})

    def test_replaced_directory(self) -> None:
        """Another directory of the same name is another place."""
        path = self.write("sub/config.yaml", "")
        before = look(Files(str(path))).places
        path.parent.rename(self.folder / "old")
        self.write("sub/config.yaml", "")
        self.assertNotEqual(look(Files(str(path))).places, before)


MARKS = st.builds(Mark, *[st.integers(1, 3)] * 4)
LOOKS = st.builds(Look, st.none() | MARKS, st.dictionaries(st.sampled_from("abc"), st.none() | MARKS))


class EmptiedTests(SynchronousTestCase):
    """`generator > config.yaml`: the shell empties the file first, the text comes when the generator has it."""

    def test_an_empty_file_does_not_fire(self) -> None:
        """Neither in place nor made anew, alone or in a directory: else every model and every key would go."""
        folder = folder_for(self)
        (folder / "d").mkdir()
        for files, path in (
            (Files(str(folder / "config.yaml")), folder / "config.yaml"),
            (Files(config_dir=str(folder / "d")), folder / "d" / "a.yaml"),
        ):
            (folder / "d" / "b.yaml").write_text("startPort: 7\n")
            path.write_text("apiKeys: [k]\n")
            full = look(files)
            path.write_text("")
            self.assertFalse(fires(full, look(files)))
            empty = look(files)
            path.write_text("apiKeys: [k, l]\n")
            self.assertTrue(fires(empty, look(files)))
        path = folder / "config.yaml"
        path.unlink()
        path.touch()
        self.assertFalse(fires(Look(), look(Files(str(path)))))


class RuleTests(SynchronousTestCase):
    """Of any two looks."""

    @given(LOOKS)
    def test_the_same_never_fires(self, seen: Look) -> None:
        """Nothing has happened."""
        self.assertFalse(fires(seen, seen))

    @given(LOOKS, LOOKS)
    def test_only_what_is_there_fires(self, before: Look, after: Look) -> None:
        """Whatever fires, there is a file to load, and something differs."""
        if fires(before, after):
            self.assertTrue(after.file is not None or any(after.entries.values()))
            self.assertNotEqual(before, after)

    @given(LOOKS)
    def test_everything_fires_that_appears(self, after: Look) -> None:
        """From nothing, any file is news."""
        self.assertEqual(fires(Look(), after), after.file is not None or any(after.entries.values()))
