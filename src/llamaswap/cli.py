"""The console script `llama-swap`: the same server behind the flags of the original, so that existing unit files work.

Exit status (configuration section 18): 0 after `-version`, help and a graceful end; 1 for anything that keeps the
server from running, or for a forced end; 2 for a wrong flag.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llamaswap import __version__, terminal
from llamaswap.collector import loading
from llamaswap.config.files import Files
from llamaswap.config.schema import Settings
from llamaswap.errors import LlamaSwapError, lines
from llamaswap.flags import USAGE, BadFlag, Flags, HelpWanted, parse
from llamaswap.offline import COMMANDS
from llamaswap.polling import hasten
from llamaswap.schedule.policies import Found, Policies

if TYPE_CHECKING:
    from twisted.application.service import IService

    from llamaswap.startup import Wrap

UNKNOWN = "unknown"
"""The commit and the build date: a wheel of pure Python has no build of its own."""


def main() -> None:
    """The entry point of the console script."""
    for stream, how in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        cast(TextIOWrapper, stream).reconfigure(errors=how)  # a letter that cannot be read or shown stops nothing
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Do what the flags `words` say; the exit status comes back when the server has ended.

    A first word that is no flag and names one of the commands that start nothing is that command.
    """
    if words and words[0] in COMMANDS:
        return _piped(lambda: COMMANDS[words[0]](words[1:], Policies(_find_plugins)))
    if words and words[0] in terminal.COMMANDS:
        return _piped(lambda: _ask_server(words[0], words[1:]))
    try:
        flags = parse(words)
    except HelpWanted:
        sys.stderr.write(USAGE)
        return 0
    except BadFlag as error:
        sys.stderr.write(f"{error}\n{USAGE}")
        return 2
    if flags.version:
        print(f"version: {__version__} ({UNKNOWN}), built at {UNKNOWN}")
        return 0
    try:
        serve(flags)
    except LlamaSwapError as error:
        sys.stderr.write(lines(error) + "\n")
        if words and not words[0].startswith("-"):
            sys.stderr.write(
                f"llamaswap: {words[0]!r} is no command; there are {', '.join((*COMMANDS, *terminal.COMMANDS))}\n"
            )
        return 1
    return 0


def _piped(command: Callable[[], int]) -> int:
    """The exit status of a command whose output goes to somebody who may stop reading."""
    try:
        status = command()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter's own last flush would complain
        return 1
    return status


def _find_plugins() -> Found:
    """Those of other packages; whatever is wrong with these is told in place of a log."""
    from twisted.logger import globalLogBeginner

    from llamaswap.schedule.plugins import find_plugins

    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
    return find_plugins()


def _ask_server(name: str, words: Sequence[str]) -> int:
    try:
        return terminal.COMMANDS[name](words, _in_reactor)
    except LlamaSwapError as error:
        sys.stderr.write(lines(error) + "\n")
        return 1


def _in_reactor(main: terminal.Main) -> int:
    """Run a command until its end; a signal cancels it, which counts as an end. Raises what it fails with."""
    from twisted.internet import reactor
    from twisted.internet.defer import CancelledError, Deferred
    from twisted.internet.error import ReactorNotRunning
    from twisted.logger import globalLogBeginner
    from twisted.python.failure import Failure

    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
    core: Any = reactor
    results: list[int | Failure] = []

    def begin() -> None:
        running = Deferred.fromCoroutine(main(core))
        core.addSystemEventTrigger("before", "shutdown", running.cancel)
        running.addBoth(results.append)
        running.addBoth(lambda _: core.callLater(0, stop))

    def stop() -> None:
        with suppress(ReactorNotRunning):  # a signal has stopped it
            core.stop()

    core.callWhenRunning(begin)
    core.run()
    for result in results:
        if not isinstance(result, Failure):
            return result
        if result.check(CancelledError) is None:
            result.raiseException()
    return 0


def serve(flags: Flags) -> None:
    """Run the server until a signal ends it. Raises `LlamaSwapError` when it cannot be started."""
    check(flags)
    with loading():
        core, service = _load(flags)
    service.startService()
    core.addSystemEventTrigger("before", "shutdown", service.stopService)
    core.run()


def _load(flags: Flags) -> tuple[Any, IService]:
    """The reactor, and all that runs on it."""
    from llamaswap.startup import file_settings, plain, root_service

    files = Files(flags.config, flags.config_dir)
    settings, origin = file_settings(files, watch=flags.watch_config, edit=flags.allow_config_edit)
    wrap = tls(flags.tls_cert_file, flags.tls_key_file) if flags.tls_cert_file else plain
    from twisted.internet import reactor

    core: Any = reactor
    hasten(core)
    applied = log_to_stdout(settings)
    listen = [address(flags)]
    return core, root_service(settings, listen, core, signals=True, wrap=wrap, origin=origin, applied=applied)


def address(flags: Flags) -> str:
    """Where to listen: what was said, else the original's default."""
    return flags.listen or (":8443" if flags.tls_cert_file else ":8080")


def check(flags: Flags) -> None:
    """Refuse what cannot be served, in the original's order."""
    if not flags.config and not flags.config_dir:
        raise LlamaSwapError("no configuration: give -config FILE or -config-dir DIR")
    if bool(flags.tls_cert_file) != bool(flags.tls_key_file):
        raise LlamaSwapError("-tls-cert-file and -tls-key-file belong together: give both or neither")


def tls(cert_file: str, key_file: str) -> Wrap:
    """A layer of TLS with the certificate (and chain) and key of these PEM files. Raises `LlamaSwapError`."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates
    from OpenSSL import SSL
    from twisted.internet.ssl import CertificateOptions
    from twisted.protocols.tls import TLSMemoryBIOFactory

    try:
        # Any: Twisted's annotations are older than what pyOpenSSL takes
        first, *chain = cast(list[Any], load_pem_x509_certificates(Path(cert_file).read_bytes()))
        key: Any = load_pem_private_key(Path(key_file).read_bytes(), None)
        options = CertificateOptions(privateKey=key, certificate=first, extraCertChain=chain)
        options.getContext().check_privatekey()
    except OSError as error:
        raise LlamaSwapError(f"cannot read {error.filename}: {error.strerror}") from error
    except (ValueError, TypeError, SSL.Error) as error:  # no PEM; a key with a password; a key of another certificate
        raise LlamaSwapError(f"{cert_file} and {key_file} are no certificate with its key, in PEM form") from error
    return lambda factory: TLSMemoryBIOFactory(options, False, factory)


def log_to_stdout(settings: Settings) -> Callable[[Settings], None]:
    """Begin the log, as text on stdout, from the level that the configuration asks for. No reader can stall it.

    Returns what makes it follow the level of other settings.
    """
    from twisted.logger import (
        FilteringLogObserver,
        LogLevel,
        LogLevelFilterPredicate,
        globalLogBeginner,
        textFileLogObserver,
    )

    from llamaswap.outlog import unstalled

    predicate = LogLevelFilterPredicate()

    def follow(settings: Settings) -> None:
        predicate.defaultLogLevel = LogLevel.levelWithName(settings.log_level)

    follow(settings)
    observer = unstalled(textFileLogObserver, sys.stdout)
    globalLogBeginner.beginLoggingTo([FilteringLogObserver(observer, [predicate])], redirectStandardIO=False)
    return follow
