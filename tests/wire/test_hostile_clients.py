"""What a client sends must be read as it stands, and never trip the server."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from llamaswap.config.schema import Limits
from llamaswap.exchange import Exchange
from tests.support.wire import Client, request


async def target(exchange: Exchange) -> None:
    """Answer with the target that was understood."""
    body = b""
    while piece := await exchange.body.read():
        body += piece
    exchange.begin(200, [(b"X-Target", exchange.target)], length=0)
    exchange.finish()


class TargetTests(SynchronousTestCase):
    def test_an_absolute_target_without_a_path_has_the_path_slash(self) -> None:
        """`http://host?x=/unload` asks for `/?x=/unload`; a slash in its query is no path."""
        answer = Client(target).send(b"GET http://localhost?x=/unload HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertNotIn(b"X-Target: /unload\r\n", answer)


class PipeliningTests(SynchronousTestCase):
    def test_a_row_of_upgrade_wishes_is_no_recursion(self) -> None:
        """As many messages as fit into one packet, each with an upgrade that is ignored: each is answered."""
        client = Client(target)
        wish = request("GET /", "Connection: upgrade", "Upgrade: x")
        self.assertEqual(client.send(wish * 800).count(b"HTTP/1.1 200"), 800)

    def test_the_head_limit_counts_the_head_only(self) -> None:
        """A small head behind a body that ends in the same packet is not too large (`headerBytes: 4096`)."""
        client = Client(target, limits=Limits(header_bytes=4096))
        whole = request("POST /a", body=b"b" * 20_000)
        answer = client.send(whole + b"GET /b HTT")
        answer += client.send(b"P/1.1\r\nHost: here\r\n\r\n")
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 2, answer)


class FormTests(SynchronousTestCase):
    def test_a_broken_form_on_the_resource_lane_is_no_fault_of_ours(self) -> None:
        """A multipart body without a boundary is a bad request, or ignored; twisted.web asks the facade for more."""

        class Leaf(Resource):
            isLeaf = True

            def render_POST(self, _: object) -> bytes:
                return b"ok"

        client = Client(lambda exchange: None, Leaf())
        answer = client.send(request("POST /", "Content-Type: multipart/form-data", body=b"x"))
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertTrue(answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400")), answer)


class HangUpTests(SynchronousTestCase):
    def test_a_pause_ends_with_the_body_it_was_for(self) -> None:
        """Its last pieces came while nobody read: then the client's end must still be noticed while it waits."""
        step: Deferred[None] = Deferred()

        async def slow(exchange: Exchange) -> None:
            await exchange.body.read()
            await step  # as `proxy.body` while it writes a piece to its file
            while await exchange.body.read():
                pass
            await Deferred()  # waits for a model

        client = Client(slow)
        whole = request("POST /", body=b"b" * 700_000)
        for at in range(0, len(whole), 65536):
            client.channel.dataReceived(whole[at : at + 65536])
        step.callback(None)
        self.assertTrue(client.front.received[0].body.complete)
        self.assertEqual(client.transport.producerState, "producing")
