"""Ports are dealt out in the order of the model IDs, to those whose command asks (section 6)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.source import Source
from tests.config.loading import model, only, problems, settings


def ports(text: str) -> dict[str, int | None]:
    return {model.id: model.port for model in settings(text).models.values()}


class PortTests(SynchronousTestCase):
    """`${PORT}`."""

    def test_v03_order(self) -> None:
        """Sorted IDs, one port each however often it is named; fixed ports take none."""
        loaded = settings("""
            startPort: 9000
            models:
              zeta:  {cmd: "s ${PORT} ${PORT}"}
              beta:  {cmd: "s -p 7000", proxy: "http://127.0.0.1:7000"}
              Alpha: {cmd: "s ${PORT}", proxy: "http://gpu1:1234"}
        """)
        found = [(model.id, model.cmd, model.proxy, model.port) for model in loaded.models.values()]
        self.assertEqual(
            found,
            [
                ("Alpha", "s 9000", "http://gpu1:1234", 9000),
                ("beta", "s -p 7000", "http://127.0.0.1:7000", None),
                ("zeta", "s 9001 9001", "http://localhost:9001", 9001),
            ],
        )

    def test_code_point_order(self) -> None:
        """`B` before `a`, `a10` before `a2`; the order of the file is irrelevant."""
        text = "models: {a2: {cmd: '${PORT}'}, a10: {cmd: '${PORT}'}, a: {cmd: '${PORT}'}, B: {cmd: '${PORT}'}}"
        self.assertEqual(ports(text), {"B": 5800, "a": 5801, "a10": 5802, "a2": 5803})

    def test_v04_fixed_port_without_proxy(self) -> None:
        """The default proxy needs a port that cmd asks for."""
        self.assertIn("model m: proxy uses ${PORT} but cmd does not", only('models: {m: {cmd: "srv --port 7000"}}'))
        self.assertIn("model m: there is no cmd", only("models: {m: {}}"))

    def test_v05_port_in_a_comment(self) -> None:
        """A comment line neither expands nor takes a port."""
        self.assertIn(
            "model m: proxy uses ${PORT} but", only("models:\n  m:\n    cmd: |\n      srv\n      # ${PORT}\n")
        )

    def test_all_values_of_the_model(self) -> None:
        """The port stands in every value, with its type where it is the whole value."""
        found = model('cmd: "s ${PORT}", env: ["P=${PORT}"], ttl: "${PORT}", name: "${PORT}"')
        self.assertEqual((found.env, found.ttl, found.name), (("P=5800",), 5800, "5800"))

    def test_a_model_keeps_its_port(self) -> None:
        """When the configuration is read again: new neighbours go round it, unless startPort has changed."""
        text = "models: {b: {cmd: '${PORT}'}, d: {cmd: '${PORT}'}}"
        more = "models: {a: {cmd: '${PORT}'}, b: {cmd: 'x ${PORT}'}, c: {cmd: '${PORT}'}, d: {cmd: '${PORT}'}}"
        before = settings(text)
        after = load([Source("c.yaml", more)], previous=before)
        self.assertEqual([model.port for model in after.models.values()], [5802, 5800, 5803, 5801])
        moved = load([Source("c.yaml", f"startPort: 6000\n{more}")], previous=before)
        self.assertEqual([model.port for model in moved.models.values()], [6000, 6001, 6002, 6003])

    def test_model_id(self) -> None:
        """`${MODEL_ID}` is there in every value; a port may come by way of it."""
        (found,) = settings('models: {"x${PORT}": {cmd: "s ${MODEL_ID}", name: "${MODEL_ID}"}}').models.values()
        self.assertEqual((found.cmd, found.name, found.port), ("s x5800", "x5800", 5800))

    def test_shared_anchor(self) -> None:
        """One anchored block becomes each model's own."""
        text = 'defs: &d {cmd: "s ${MODEL_ID} ${PORT}"}\nmodels: {a: {<<: *d}, b: {<<: *d, name: B}, c: *d}\n'
        self.assertEqual([model.cmd for model in settings(text).models.values()], ["s a 5800", "s b 5801", "s c 5802"])

    def test_r04_start_port(self) -> None:
        """The first port is at least 1, and an integer."""
        self.assertIn("startPort must be >= 1, not 0", only("startPort: 0"))
        self.assertIn("string `x` where an integer is needed", only("startPort: x"))
        self.assertEqual(ports("startPort: 1.9\nmodels: {m: {cmd: '${PORT}'}}"), {"m": 1})

    def test_ports_end(self) -> None:
        """A port that does not exist is refused once, for the first model that would get it."""
        models = "models: {a: {cmd: '${PORT}'}, b: {cmd: '${PORT}'}, c: {cmd: '${PORT}'}}"
        self.assertIn("models.b.cmd: model b would get port 65536", only(f"startPort: 65535\n{models}"))
        self.assertIn("models.a.cmd: model a would get port 70000", only(f"startPort: 70000\n{models}"))
        self.assertEqual(ports("startPort: 70000"), {})

    def test_wrong_command_is_told_alone(self) -> None:
        """A command of the wrong kind is not also blamed for the proxy."""
        self.assertEqual(
            [str(problem) for problem in problems("models: {m: {cmd: [s]}}")],
            ["c.yaml:1:19: models.m.cmd: a list where text is needed"],
        )
