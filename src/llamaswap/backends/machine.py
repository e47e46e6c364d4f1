"""The life of a model's process, as a table: which state follows which, and what is done on the way.

Lifecycle section 2.1. Each row is one state and one thing that happened. The public states of `notices.State` are
five; *failing* and *aborting* (shown as starting) and *clearing* (shown as stopped) are those in which the processes
of a start or of a crash are still being brought to an end. What each step means in processes, timers and Deferreds is
`local.py`'s business.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from automat import TypeMachineBuilder

from llamaswap.notices import State

ABANDONED_GRACE = 5.0
"""Seconds between the polite stop and the kill when a start is given up."""
ABORTED = "aborted"


class Inputs(Protocol):
    """What can happen to a model."""

    def start(self) -> None:
        """Somebody wants it ready."""

    def healthy(self) -> None:
        """The start has succeeded."""

    def failed(self, why: str) -> None:
        """The start has failed; there may be a process."""

    def exited(self, why: str) -> None:
        """The process has ended by itself, or as it was asked to. `why` is what a start under way failed of."""

    def gone(self) -> None:
        """Nothing of it is left."""

    def stop(self, grace: float) -> None:
        """Somebody wants it stopped."""

    def close(self, grace: float) -> None:
        """It is to stop and never start again."""


@runtime_checkable
class Attempt(Protocol):
    """A start under way, with its deadline and its probe: the data of the state *starting*."""

    def abandon(self) -> None:
        """End it without a verdict. Harmless when it has ended."""


class Body(Protocol):
    """What the machine moves."""

    def enter(self, state: State, reason: str = "") -> None:
        """The public state changes."""

    def attempt(self, machine: Inputs) -> Attempt:
        """Begin a start for all who wait; ends with `healthy`, `failed` or `exited`."""

    def end(self, machine: Inputs, grace: float) -> None:
        """Bring the processes to an end politely; ends with `gone`, at once when there are none."""

    def serve(self) -> None:
        """Enter ready, and let those who waited through."""

    def crash(self) -> None:
        """Enter stopped from ready."""

    def disappoint(self, why: str) -> None:
        """Enter stopped from starting; those whose start it was get `why`."""

    def rest(self, machine: Inputs) -> None:
        """Nothing is left: answer those who wanted that, and start again if anybody waits for it."""

    def shut(self) -> None:
        """Enter shutdown: refuse all who want it ready."""


def begin(machine: Inputs, body: Body) -> Attempt:
    return body.attempt(machine)


def remember(machine: Inputs, body: Body, why: str) -> str:
    return why


builder = TypeMachineBuilder(Inputs, Body)  # type: ignore[type-abstract]

stopped = builder.state("stopped")
starting = builder.state("starting", begin)
failing = builder.state("failing", remember)
aborting = builder.state("aborting")
ready = builder.state("ready")
stopping = builder.state("stopping")
clearing = builder.state("clearing")
closing = builder.state("closing")
shutdown = builder.state("shutdown")

# -- what leads on ---------------------------------------------------------------------------------------------------

stopped.upon(Inputs.start).to(starting).returns(None)


@starting.upon(Inputs.healthy).to(ready)
def became_ready(machine: Inputs, body: Body, attempt: Attempt) -> None:
    body.serve()


@starting.upon(Inputs.failed).to(failing)
def start_failed(machine: Inputs, body: Body, attempt: Attempt, why: str) -> None:
    body.end(machine, ABANDONED_GRACE)


@starting.upon(Inputs.exited).to(failing)
def ended_early(machine: Inputs, body: Body, attempt: Attempt, why: str) -> None:
    attempt.abandon()


@starting.upon(Inputs.stop).to(aborting)
def abort(machine: Inputs, body: Body, attempt: Attempt, grace: float) -> None:
    attempt.abandon()
    body.end(machine, ABANDONED_GRACE)


@failing.upon(Inputs.gone).to(stopped)
def start_is_over(machine: Inputs, body: Body, why: str) -> None:
    body.disappoint(why)
    body.rest(machine)


@aborting.upon(Inputs.gone).to(stopped)
def aborted(machine: Inputs, body: Body) -> None:
    body.disappoint(ABORTED)
    body.rest(machine)


@ready.upon(Inputs.stop).to(stopping)
def begin_stop(machine: Inputs, body: Body, grace: float) -> None:
    body.enter(State.STOPPING)
    body.end(machine, grace)


@stopping.upon(Inputs.gone).to(stopped)
def has_stopped(machine: Inputs, body: Body) -> None:
    body.enter(State.STOPPED)
    body.rest(machine)


@ready.upon(Inputs.exited).to(clearing)
def crashed(machine: Inputs, body: Body, why: str) -> None:
    body.crash()


@clearing.upon(Inputs.gone).to(stopped)
def cleared(machine: Inputs, body: Body) -> None:
    body.rest(machine)


# -- the end of all: visible before the processes are gone -------------------------------------------------------------


@starting.upon(Inputs.close).to(closing)
def close_start(machine: Inputs, body: Body, attempt: Attempt, grace: float) -> None:
    attempt.abandon()
    body.shut()
    body.end(machine, min(grace, ABANDONED_GRACE))


@failing.upon(Inputs.close).to(closing)
def close_failing(machine: Inputs, body: Body, why: str, grace: float) -> None:
    close_down(machine, body, grace)


def close_down(machine: Inputs, body: Body, grace: float) -> None:
    body.shut()
    body.end(machine, grace)


stopped.upon(Inputs.close).to(closing)(close_down)
aborting.upon(Inputs.close).to(closing)(close_down)
ready.upon(Inputs.close).to(closing)(close_down)
stopping.upon(Inputs.close).to(closing)(close_down)
clearing.upon(Inputs.close).to(closing)(close_down)


@closing.upon(Inputs.gone).to(shutdown)
def is_shut(machine: Inputs, body: Body) -> None:
    body.rest(machine)


# -- what changes nothing: those who wait are answered when their turn comes -------------------------------------------

for state in (starting, failing, aborting, ready, stopping, clearing, closing, shutdown):
    state.upon(Inputs.start).loop().returns(None)
for state in (stopped, failing, aborting, stopping, clearing, closing, shutdown):
    state.upon(Inputs.stop).loop().returns(None)
for state in (failing, aborting, stopping, closing):
    state.upon(Inputs.exited).loop().returns(None)
for state in (closing, shutdown):
    state.upon(Inputs.close).loop().returns(None)

Machine = builder.build()
