"""What can go wrong, as one tree.

Everything we raise on purpose descends from `LlamaSwapError`. A `Refusal` is an answer to a client: its `status`
and `code` follow http-api section 2.1, and its text is what the client reads. This module knows neither HTTP
framing nor content negotiation (`web/refusals.py` does).
"""

from __future__ import annotations

from dataclasses import dataclass


class LlamaSwapError(Exception):
    """Something went wrong that this program has a word for."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration: what is wrong, where, and what is allowed."""

    message: str
    file: str
    """Empty when the problem is in no file."""
    line: int = 0
    """1-based; 0 when the problem has no place in the text."""
    column: int = 0
    path: str = ""
    """Dotted key path, such as `models.llama.ttl`."""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}:{self.column}" if self.line else "")
        return ": ".join(part for part in (place, "" if self._says_path else self.path, self.message) if part)

    @property
    def _says_path(self) -> bool:
        """The message begins with it: not with a mere word that is a section's name as well."""
        return self.message.startswith(f"{self.path} ") and not self.path.isalnum()


class ConfigurationError(LlamaSwapError):
    """The configuration cannot be used."""

    def __init__(self, problems: tuple[Problem, ...], warnings: tuple[Problem, ...] = ()) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
        self.warnings = warnings
        """What else is odd about it, such as a misspelt key: often the cause of a problem."""


def lines(error: LlamaSwapError) -> str:
    """What the user of a command line reads on stderr: a line for everything that is wrong."""
    said = [str(error)]
    if isinstance(error, ConfigurationError):
        said = [*map(str, error.problems), *(f"warning: {warning}" for warning in error.warnings)]
    return "\n".join("llamaswap: " + " ".join(each.split()) for each in said)


class ClientGone(LlamaSwapError):
    """The client hung up before its request was complete."""


class UpstreamFailed(LlamaSwapError):
    """A connection to a model's server could not be made, or broke."""


class ConnectFailed(UpstreamFailed):
    """A connection to a server could not be made, so that nothing of a request can have come there."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again
        """It failed at once: another attempt costs nobody his time."""


class UpstreamSilent(UpstreamFailed):
    """A model's server took the request, and the head of its answer did not come in time."""


class Refusal(LlamaSwapError):
    """The request cannot be served."""

    status = 500
    code: str | None = None
    """Overrides the code that http-api section 2.1 gives for the status."""
    always_json = False
    """Ignore what the client says it accepts (the 429 of http-api section 2.1)."""
    retry_after: int | None = None
    """Whole seconds for a `Retry-After` header."""
    reason = ""
    """What figures call it when it is the API key that is refused (`web/refused.py`)."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


class InternalError(Refusal):
    """internal error; the server's log says more"""


class ServerStopped(Refusal):
    """the server was stopped before the answer was complete"""

    status = 503


class BadRequest(Refusal):
    """the request is malformed"""

    status = 400


class Unauthorized(Refusal):
    """unauthorized: give an API key as `Authorization: Bearer`, `Authorization: Basic` (password) or `x-api-key`"""

    status = 401
    reason = "unauthorized"

    def __init__(self, message: str | None = None, *, challenge: bool = True) -> None:
        super().__init__(message)
        self.challenge = challenge
        """The answer makes a browser ask for a name and a password."""


class Forbidden(Refusal):
    """forbidden"""

    status = 403

    def __init__(self, message: str | None = None, *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class NoModelGiven(Refusal):
    """no model id could be identified in the request"""

    status = 404


class UnknownModel(Refusal):
    """no router for requested model"""

    status = 404


class ModelNotFound(Refusal):
    """model not found"""

    status = 404


class RequestNotFound(Refusal):
    """inflight request not found"""

    status = 404


class ProfileNotFound(Refusal):
    """profile not found"""

    status = 404


class ModelRemoved(ModelNotFound):
    """the model was removed from the configuration while the request waited"""

    def __init__(self, model: str) -> None:
        super().__init__(f"model {model} was removed from the configuration while the request waited")


class BodyStalled(Refusal):
    """the request body stopped arriving"""

    status = 408


class ModelNotLoaded(Refusal):
    """the model is not loaded"""

    status = 409


class NothingToReload(Refusal):
    """this server has no configuration file that could be read again"""

    status = 409


class ConfigurationFileNotFound(Refusal):
    """the configuration has no such file"""

    status = 404


class EditingOff(Refusal):
    """the configuration can be edited only when the server was started with --allow-config-edit, and from files"""

    status = 404


class FileChanged(Refusal):
    """the file has changed since it was read: read it again, and make your changes to that"""

    status = 409


class BodyTooLarge(Refusal):
    """the request body is larger than limits.bodyBytes allows"""

    status = 413


class TooManyRequests(Refusal):
    """Too many requests"""

    status = 429
    code = "concurrency_limit"
    always_json = True

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class KeyExhausted(Refusal):
    """the API key's allowance is used up for now"""

    status = 429
    always_json = True

    def __init__(self, message: str | None = None, *, retry_after: int, reason: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.reason = reason


class TooManyLogins(KeyExhausted):
    """too many logins failed; try again later"""


class StartFailed(Refusal):
    """the model could not be started"""

    status = 500

    def __init__(self, cause: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"unspecific error: {cause}")
        self.cause = cause
        self.retry_after = retry_after


class OutOfMemory(StartFailed):
    """the model's process ended while it was loading, for want of memory"""

    unsettled = False
    """It was started although memory of models that had been stopped was not free yet."""


class Unloaded(StartFailed):
    """the model was unloaded while the request waited for it"""


class ShuttingDown(StartFailed):
    """the server is shutting down"""


class NotSupportedHere(Refusal):
    """not supported on this route"""

    status = 501


class BadGateway(Refusal):
    """the model's server could not be reached, or broke off before it answered"""

    status = 502


class NoTarget(Refusal):
    """no available spillover targets"""

    status = 503


class Unreachable(BadGateway):
    """no connection to the server could be made"""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again
        """As `ConnectFailed.again`."""


class PeersShuttingDown(Refusal):
    """peer proxy is shutting down"""


class PeerUnlisted(Refusal):
    """a peer's list of models is not known yet"""

    status = 503

    def __init__(self, peer: str, why: str) -> None:
        super().__init__(f"peer {peer} has not listed its models yet: {why}")


class HardwareUnknown(Refusal):
    """the hardware of this machine was not detected"""

    status = 503


class LoopDetected(Refusal):
    """the request has passed this server before: peers send it round in a circle"""

    status = 508


class RequestCancelled(Refusal):
    """the request was cancelled by an operator"""

    status = 503


class NotReady(Refusal):
    """process is not ready"""

    status = 503
