"""What is run for a model."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.launch import (
    Command,
    command_line,
    environment,
    launcher_line,
    not_started,
    stop_command_line,
)
from llamaswap.errors import StartFailed


class LaunchTests(SynchronousTestCase):
    """Words and environment."""

    def test_a_command_is_split_without_a_shell(self) -> None:
        """Quotes count, comments do not, and nothing is expanded."""
        self.assertEqual(
            command_line("serve \\\n --name 'a b' $HOME *\n# no\n"), ["serve", "--name", "a b", "$HOME", "*"]
        )

    def test_an_empty_command_is_a_failed_start(self) -> None:
        """With the text that section 2.3 gives."""
        error = self.assertRaises(StartFailed, command_line, "\n# only a comment\n")
        self.assertEqual(error.cause, "unable to get sanitized command: empty command")

    def test_the_stop_command_gets_the_pid(self) -> None:
        """Everywhere `${PID}` stands; an empty one means SIGTERM."""
        self.assertEqual(stop_command_line("kill ${PID} -x=${PID}", 7), ["kill", "7", "-x=7"])
        self.assertEqual(stop_command_line("# nothing", 7), [])

    def test_the_models_environment_wins_and_our_mark_over_all(self) -> None:
        """Parent, then the model's entries in order, then the mark (S-22)."""
        environ = environment({"A": "1", "B": "1"}, ["A=2", "A=3=4", "LLAMASWAP_MARK=forged"], "mark")
        self.assertEqual(environ, {"A": "3=4", "B": "1", "LLAMASWAP_MARK": "mark"})

    def test_the_launcher_gets_all_it_needs_by_arguments(self) -> None:
        """It cannot read its own environment for what the interpreter may have changed."""
        command = Command(["serve", "-x"], "/bin/serve", {"LC_CTYPE": "de"})
        self.assertEqual(
            launcher_line("/py", "/launcher.py", 9, command),
            ["/py", "-I", "-S", "/launcher.py", "9", "de", "/bin/serve", "serve", "-x"],
        )

    def test_the_text_of_a_failure_names_the_command(self) -> None:
        """As the original words it."""
        self.assertEqual(not_started(["serve", "-x"], "no"), "failed to start command 'serve -x': no")
