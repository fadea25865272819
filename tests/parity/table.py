"""A tenant with two laden orders, its real feed, and readers that keep the raw frames."""

from kanvoy_client.channel import Applied, Channel, Ignored
from kanvoy_client.codec import decode

from protocols.closing import Close
from protocols.commands import Command
from protocols.facts import FactCommand
from protocols.fleet import SetDispatch
from protocols.vocabulary import DriverId, OrderId, SessionId, Version
from server.application.node import Node
from server.application.verdict import Done
from server.realtime.connection import Offering
from server.realtime.feed import Feed, Schedule
from server.realtime.wire import Codec, Encoded
from tests.parity.cases import START
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, furnish


class Reader(Offering):
    """A client with the SDK's replica of one channel, and every byte it was ever sent."""

    def __init__(self, codec: Codec = "json") -> None:
        """Nothing was sent yet."""
        self.session_id = SessionId("reader")
        self.channel = Channel()
        self.watches = False
        self.frames: list[bytes] = []
        self._codec: Codec = codec

    def write(self, message: Encoded) -> None:
        """Take a frame the way a client does: from its bytes."""
        payload, _ = message.payload(self._codec, deflate=False)
        self.frames.append(payload)
        told = decode(self._codec, payload.decode() if self._codec == "json" else payload)
        if hasattr(told, "epoch"):
            outcome = self.channel.receive(told)  # type: ignore[arg-type]
            assert isinstance(outcome, Applied | Ignored), outcome

    def unsent(self) -> int:
        """Takes everything at once."""
        return 0

    def close(self, code: Close) -> None:
        """Not asked for here."""
        raise AssertionError(code)


class Table:
    """See `a_table`."""

    def __init__(self, node: Node, feed: Feed, later: list[object]) -> None:
        """Put together by `a_table`."""
        self._feed, self._later = feed, later
        self._node, self._speaker = node, Speaker(node)
        dora = an_actor("Dora", roles=("driver",), driver_id=DriverId("driver-1"))
        self._phone = Speaker(node, dora, "phone-1")

    async def reader(self, channel: str, codec: Codec = "json") -> Reader:
        """A socket that watches the channel from now on, from a snapshot.

        The channel of an order that is not there, or not any more, stays empty.
        """
        reader = Reader(codec)
        reader.watches = await self._feed.subscribe(reader, channel, None)
        return reader

    async def do(self, command: Command) -> None:
        """Have it decided and shown; a command that changes nothing proves nothing."""
        seen = await self._version(command)
        if isinstance(command, FactCommand):
            verdict = await self._phone.do(command, base_version=seen, fact=True)
        else:
            verdict = await self._speaker.do(command, base_version=seen)
        assert isinstance(verdict, Done), verdict
        assert verdict.changed, verdict
        assert all(item.rejection is None for item in verdict.items), verdict
        self.flush()

    async def _version(self, command: Command) -> Version:
        images = await self._node.images(TENANT)
        if isinstance(command, SetDispatch):
            return images.settings.version
        order = images.order(getattr(command, "order_id", OrderId("")))
        return order.version if order is not None else Version(0)

    def flush(self) -> None:
        """Have due frames made."""
        while self._later:
            self._later.pop(0)()  # type: ignore[operator]


async def a_table(*before: Command) -> Table:
    """The tenant after the beginning of all cases, and what this one needs besides."""
    node = a_node(MemoryStore([TENANT]))
    await furnish(node)
    later: list[object] = []
    schedule: Schedule = lambda _, callback: later.append(callback)  # noqa: E731
    table = Table(node, Feed(await node.journal(TENANT), schedule), later)
    for command in (*START, *before):
        await table.do(command)
    return table
