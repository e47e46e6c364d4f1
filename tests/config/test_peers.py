"""Peers are complete, and each of their models has a name that nobody else has (section 12)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Peer, Timeouts
from tests.config.loading import FIXED, only, problems, settings, warnings

GOOD = "proxy: http://p, models: [x]"


def peers(text: str) -> str:
    return f"peers: {{{text}}}"


class PeerTests(SynchronousTestCase):
    """One peer."""

    def test_every_key(self) -> None:
        """What is given is taken; a model is listed once, null items vanish."""
        keys = "proxy: 'https://h/v', apiKey: k, models: [x, ~, 1.0, x], timeouts: {connect: 1}"
        expected = Peer(
            id="p",
            proxy="https://h/v",
            api_key="k",
            models=("x", "1"),
            timeouts=Timeouts(connect=1, response_header=300),
        )
        self.assertEqual(settings(peers(f"p: {{{keys}}}")).peers, {"p": expected})

    def test_w29_time_for_a_load(self) -> None:
        """The head of an answer may take as long as a load there."""
        self.assertEqual(settings(peers(f"p: {{{GOOD}}}")).peers["p"].timeouts.response_header, 300)

    def test_r13_proxy(self) -> None:
        """Is required, in every way of not giving it; the message names the peer."""
        for proxy in ("", "proxy: ~, "):
            self.assertIn("peers.p: peer p: proxy is required", only(peers(f"p: {{{proxy}models: [x]}}")))
        self.assertIn("peers.p.proxy: proxy is required", only(peers("p: {proxy: '', models: [x]}")))

    def test_r14_models(self) -> None:
        """At least one is required."""
        for models in ("", ", models: ~"):
            self.assertIn("peers.p: peer p: models cannot be empty", only(peers(f"p: {{proxy: http://h{models}}}")))
        for models in ("[]", "[~]"):
            self.assertIn(
                "peers.p.models: models cannot be empty", only(peers(f"p: {{proxy: http://h, models: {models}}}"))
            )

    def test_auto(self) -> None:
        """Models that the peer itself lists, which is looked at again and again; no other word is known."""
        peer = settings(peers("p: {proxy: http://h, models: auto}")).peers["p"]
        self.assertEqual((peer.models, peer.refresh), ((), 60))
        self.assertEqual(settings(peers("p: {proxy: http://h, models: auto, refresh: 5}")).peers["p"].refresh, 5)
        self.assertIn("peers.p.refresh: `models: auto` needs", only(peers("p: {proxy: h, models: auto, refresh: 0}")))
        self.assertIn("where a list, or `auto`, is needed", only(peers("p: {proxy: http://h, models: all}")))

    def test_refresh(self) -> None:
        """Models that are named may be joined by those listed; by default they are not."""
        self.assertEqual(settings(peers(f"p: {{{GOOD}}}")).peers["p"].refresh, 0)
        peer = settings(peers(f"p: {{{GOOD}, refresh: 7}}")).peers["p"]
        self.assertEqual((peer.models, peer.refresh), (("x",), 7))
        self.assertIn("peers.p.refresh: must be >= 0", only(peers(f"p: {{{GOOD}, refresh: -1}}")))

    def test_failover(self) -> None:
        """Other peers, each once."""
        two = f"q: {{{GOOD}}}, r: {{{GOOD}}}"
        found = settings(peers(f"p: {{{GOOD}, failover: [r, q, r, ~]}}, {two}")).peers
        self.assertEqual((found["p"].failover, found["q"].failover), (("r", "q"), ()))
        unknown = only(peers(f"p: {{{GOOD}, failover: [q, s]}}, {two}"))
        self.assertIn("peers.p.failover[1]: unknown peer s: the peers are p, q, r", unknown)
        self.assertIn("peers.p.failover[0]: peer p cannot", only(peers(f"p: {{{GOOD}, failover: [p]}}")))

    def test_r15_url(self) -> None:
        """The proxy is a URL; one that no request can reach is a warning."""
        self.assertIn("peers.p.proxy: invalid peer proxy URL", only(peers('p: {proxy: "10.0.0.1:80", models: [x]}')))
        self.assertIn("so the peer cannot be reached", warnings(peers("p: {proxy: 'localhost:80', models: [x]}")))

    def test_the_key_is_never_quoted(self) -> None:
        """Whatever is wrong with it."""
        for key in ('"se\\ncret"', "[secret]", "{secret: 1}", '"secret${X}"'):
            fault = only(peers(f"p: {{{GOOD}, apiKey: {key}}}"))
            self.assertIn("peers.p.apiKey: ", fault)
            self.assertNotIn("cret", fault)
        self.assertNotIn("secret", repr(settings(peers(f"p: {{{GOOD}, apiKey: secret}}"))))

    def test_wrong_kinds(self) -> None:
        """Told once each; an entry without content lacks everything (oddity 3)."""
        for text in (
            "peers: [a]",
            "peers: {p: x}",
            peers("p: {proxy: [a], models: [x]}"),
            peers("p: {proxy: http://h, models: x}"),
        ):
            self.assertIn("where", only(text))
        self.assertEqual(len(problems("peers: {p: }")), 2)
        self.assertEqual(settings("peers: ~").peers, {})
        self.assertIn("did you mean `apiKey`?", warnings(peers(f"p: {{{GOOD}, api_key: k}}")))


class NameTests(SynchronousTestCase):
    """`<peer>/<model>`."""

    def test_v31_two_peers(self) -> None:
        """Two ways to the same name are refused, at the later; within a peer a name may repeat."""
        fault = only(peers("a: {proxy: http://p, models: [b/c, b/c]}, a/b: {proxy: http://q, models: [x, c]}"))
        self.assertIn("peers.a/b.models[1]: name a/b/c is ambiguous: it belongs to the peers a and a/b", fault)

    def test_model_and_alias(self) -> None:
        """A name here is not the full name of a model there; the bare one may be."""
        for models in (
            f"p/x: {{{FIXED}}}",
            f"m: {{{FIXED}, aliases: [p/x]}}",
            f"m: {{{FIXED}, filters: {{setParamsByID: {{p/x: }}}}}}",
        ):
            fault = only(f"models: {{{models}}}\n{peers(f'p: {{{GOOD}}}')}")
            self.assertIn("peers.p.models[0]: ", fault)
            self.assertIn("p/x conflicts with the fully qualified peer model name of peer p", fault)
        settings(f"models: {{x: {{{FIXED}}}}}\n{peers(f'p: {{{GOOD}}}')}")

    def test_targets_that_cannot_be_known(self) -> None:
        """Selectors and pins may speak of whatever a peer may list; with a list that stays, they may not."""
        for models, refresh, told in (("auto", 60, ()), ("[y]", 60, ()), ("[y]", 0, ("unknown model p/zz",) * 2)):
            text = f"""
                models: {{m: {{{FIXED}}}}}
                peers: {{p: {{proxy: "http://h", models: {models}, refresh: {refresh}}}}}
                selectors: {{s: {{strategy: pin, targets: [p/zz]}}}}
                profiles: {{f: {{pins: {{m: p/zz}}}}}}
            """
            faults = problems(text) if told else ()
            self.assertEqual(len(faults), len(told))
            for fault, words in zip(faults, told, strict=True):
                self.assertIn(words, str(fault))
            if not told:
                self.assertEqual(settings(text).selectors["s"].targets, ("p/zz",))

    def test_selector_and_pin(self) -> None:
        """Nor are the ID of a selector and the pin of a profile."""
        more = f"\nmodels: {{m: {{{FIXED}}}}}\n"
        selector = "selectors: {p/x: {strategy: pin, targets: [m]}}"
        self.assertIn(
            "selectors.p/x: selector p/x conflicts with a fully qualified peer model name",
            only(peers(f"p: {{{GOOD}}}") + more + selector),
        )
        self.assertIn(
            "profiles.f.pins.p/x: profile pin p/x conflicts with a fully qualified peer model name",
            only(peers(f"p: {{{GOOD}}}") + more + "profiles: {f: {pins: {p/x: m}}}"),
        )
