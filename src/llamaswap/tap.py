"""`twist llamaswap` and `twistd llamaswap`: options in, one service out.

Whatever is wrong with the configuration or an address ends the program here, with a line for each problem on stderr
and exit status 1: later, a daemonising `twistd` would hang instead.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn

from twisted.application.service import IService
from twisted.python import usage

from llamaswap import __version__
from llamaswap.collector import loading
from llamaswap.errors import LlamaSwapError, lines
from llamaswap.listen import DEFAULT_LISTEN
from llamaswap.outlog import unstalled
from llamaswap.polling import hasten

if TYPE_CHECKING:
    from llamaswap.config.schema import Settings
    from llamaswap.startup import Origin

OBSERVER = "fileLogObserverFactory"
"""The option of `twist` that makes the observer which writes its log; `twistd` has none."""


class Options(usage.Options):
    """The options behind the word `llamaswap`."""

    synopsis = (
        "[--config FILE] [--config-dir DIR] [--watch-config] [--allow-config-edit] [--demo] [--listen ADDRESS]..."
    )
    longdesc = (
        "One OpenAI- and Anthropic-compatible endpoint in front of many local AI models, which are started, swapped "
        "and stopped on demand."
    )
    optParameters = (
        ("config", "c", None, "The configuration file (YAML)."),
        ("config-dir", None, None, "A directory whose *.yml and *.yaml are merged into the configuration."),
    )
    optFlags = (
        ("watch-config", None, "Reload when a file of the configuration changes. (SIGHUP reloads in any case.)"),
        (
            "allow-config-edit",
            None,
            "Let the UI edit the configuration, with an API key that has the scope admin. Whoever can do so can have "
            "any command run.",
        ),
        ("demo", None, "Serve tiny generated models on a real llama.cpp, without a configuration (extra `demo`)."),
    )

    def __init__(self) -> None:
        super().__init__()
        self["listen"] = []

    def opt_listen(self, address: str) -> None:
        self["listen"].append(address)

    opt_listen.__doc__ = (
        "Listen on ADDRESS; may be given several times. host:port, [IPv6]:port, :port for every address of this "
        "machine, or a Twisted endpoint such as unix:/run/llamaswap.sock:mode=600 or systemd:domain=INET:index=0 "
        f"[default: {DEFAULT_LISTEN}]"
    )  # one line: the help shows it as it stands

    opt_l = opt_listen

    def opt_version(self) -> NoReturn:
        """Print the version and exit."""
        print(f"llamaswap {__version__}")
        raise SystemExit(0)


def makeService(options: Options) -> IService:
    """The whole server as one service, its ports already open. Raises `SystemExit` with what the user should read.

    Under `twist` and `twistd`, which parse our options as those of a subcommand, it also owns the signals, and sees to
    it that nobody who reads the log of `twist` can stall the server.
    """
    try:
        with loading():
            service = _service(options)
    except LlamaSwapError as error:
        raise SystemExit(lines(error)) from error
    if options.parent is not None and OBSERVER in options.parent:
        options.parent[OBSERVER] = partial(unstalled, options.parent[OBSERVER])
    return service


def _service(options: Options) -> IService:
    from twisted.internet import reactor

    from llamaswap.startup import root_service

    settings, origin = _settings(options)
    owned = options.parent is not None
    if owned:
        hasten(reactor)
    listen = options["listen"] or [DEFAULT_LISTEN]
    service: IService = root_service(settings, listen, reactor, signals=owned, origin=origin)
    return service


def _settings(options: Options) -> tuple[Settings, Origin | None]:
    from llamaswap.config.files import Files
    from llamaswap.startup import demo_settings, file_settings

    files = Files(options["config"] or "", options["config-dir"] or "")
    if options["demo"]:
        for other in ("config", "config-dir", "watch-config", "allow-config-edit"):
            if options[other]:
                raise LlamaSwapError(f"--{other} and --demo exclude each other")
        return demo_settings(), None
    if files == Files():
        raise LlamaSwapError(
            "no configuration: give --config FILE or --config-dir DIR, or --demo to try it without one"
        )
    return file_settings(files, watch=bool(options["watch-config"]), edit=bool(options["allow-config-edit"]))
