"""Which channels the program wants, and what of that the server has been told. [WT]"""

from collections.abc import Mapping

from kanvoy_client._wire.from_client import FromClient, Subscribe, Unsubscribe
from kanvoy_client._wire.from_server import Ping
from kanvoy_client._wire.handshake import Wanted
from kanvoy_client._wire.vocabulary import Sequence
from kanvoy_client.replica import Replica

SUBSCRIPTIONS = 16
"""At most so many fit into `hello`; the server answers a further one with `too_many`."""


class Watching:
    """The channels wanted over all sockets, with the cursors from which to go on."""

    def __init__(self, replica: Replica) -> None:
        """Want nothing yet."""
        self._replica = replica
        # Dicts for their order: a simulation must replay.
        self._names: dict[str, None] = {}
        self._told: dict[str, None] = {}
        self._left: dict[str, None] = {}
        """Let go since `hello`: wanted again they begin anew, whatever `hello` said."""
        self._promised: Mapping[str, Sequence] = {}

    def __contains__(self, channel: object) -> bool:
        return channel in self._names

    def add(self, channel: str) -> None:
        """Want this one too."""
        self._names[channel] = None

    def discard(self, channel: str) -> None:
        """Want it no longer."""
        self._names.pop(channel, None)
        self._left[channel] = None

    def wanted(self, channel: str) -> Wanted:
        """The channel with the cursor to resume at, if there is one."""
        known = self._replica.channels.get(channel)
        cursor = known.resumable() if known is not None else None
        return Wanted(channel=channel, cursor=cursor.text() if cursor is not None else None)

    def hello(self) -> list[Wanted]:
        """What the first frame of a new socket asks for."""
        self._promised, self._left = {}, {}
        self._told = dict.fromkeys(list(self._names)[:SUBSCRIPTIONS])
        return [self.wanted(name) for name in self._told]

    def welcomed(self) -> list[FromClient]:
        """What changed between `hello` and `welcome`, and what did not fit into `hello`."""
        more: list[FromClient] = [
            Subscribe(wanted=self.wanted(name))
            for name in self._names
            if name not in self._told or name in self._left
        ]
        less = [Unsubscribe(channel=name) for name in self._told if name not in self._names]
        return [*more, *less]

    def behind(self, heads: Mapping[str, Sequence]) -> dict[str, Sequence]:
        """Channels that a whole ping interval did not bring to what the last ping promised. [LV]"""
        late = {name: head for name, head in self._promised.items() if self._lacks(name, head)}
        self._promised = heads
        return late

    def different(self, ping: Ping) -> list[str]:
        """Whole channels that stand where the server believes and yet do not add up. [HB]"""
        return [name for name, value in ping.checksums.items() if self._differs(name, value, ping)]

    def _differs(self, name: str, value: int, ping: Ping) -> bool:
        channel = self._replica.channels.get(name)
        if channel is None or not channel.whole or channel.cursor is None:
            return False
        return channel.cursor.sequence == ping.heads.get(name) and channel.checksum() != value

    def _lacks(self, name: str, head: Sequence) -> bool:
        channel = self._replica.channels.get(name)
        if channel is None or not channel.whole or channel.cursor is None:
            return False
        return channel.cursor.sequence < head
