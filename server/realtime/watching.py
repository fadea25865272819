"""Which channels one socket follows, and what its person shows there."""

from typing import assert_never

from protocols.from_client import ShowPresence, Subscribe, Unsubscribe
from protocols.from_server import Person, Unsubscribed
from protocols.handshake import Wanted
from protocols.vocabulary import SessionId
from server.application.pace import Bucket
from server.domain.actor import Actor
from server.realtime.channels import is_presence, may_watch
from server.realtime.effects import Effect, Hide, Join, Part, Send, Show, Unwatch, Watch
from server.realtime.limits import PRESENCE_BURST, PRESENCE_PER_SECOND, SUBSCRIPTIONS


class Watching:
    """The channels one socket asked for and was allowed.

    It only bounds and permits; whether a channel's thing exists is for the feed to say. A
    channel that the feed ends by itself counts until the client unsubscribes.
    """

    def __init__(self, session_id: SessionId, actor: Actor) -> None:
        """Watch nothing yet."""
        self._session_id = session_id
        self._actor = actor
        self._channels: dict[str, None] = {}
        self._shows = Bucket(PRESENCE_PER_SECOND, PRESENCE_BURST)

    def handle(self, message: Subscribe | Unsubscribe | ShowPresence, now: float) -> list[Effect]:
        """Do what the client asks about a channel, or say why not."""
        match message:
            case Subscribe(wanted=wanted):
                return self.subscribe(wanted)
            case Unsubscribe(channel=channel):
                return self._unsubscribe(channel)
            case ShowPresence():
                return self._show(message, now)
            case _:
                assert_never(message)

    def subscribe(self, wanted: Wanted) -> list[Effect]:
        """Begin to follow a channel. One followed already begins again from the given cursor."""
        channel = wanted.channel
        # AU39
        if not may_watch(self._actor, channel):
            return [Send(Unsubscribed(channel=channel, cause="forbidden"))]
        # LM7
        if channel not in self._channels and len(self._channels) >= SUBSCRIPTIONS:
            return [Send(Unsubscribed(channel=channel, cause="too_many"))]
        self._channels[channel] = None
        return [Join(channel) if is_presence(channel) else Watch(channel, wanted.cursor)]

    def judge_again(self, actor: Actor) -> list[Effect]:
        """The person's rights were read again: leave what is no longer allowed."""
        self._actor = actor
        effects: list[Effect] = []
        for channel in [c for c in self._channels if not may_watch(actor, c)]:
            effects += [
                self._leave(channel),
                Send(Unsubscribed(channel=channel, cause="forbidden")),
            ]
        return effects

    def _unsubscribe(self, channel: str) -> list[Effect]:
        # CL7
        if channel not in self._channels:
            return [Send(Unsubscribed(channel=channel, cause="unknown"))]
        return [self._leave(channel), Send(Unsubscribed(channel=channel, cause="asked"))]

    def _leave(self, channel: str) -> Effect:
        del self._channels[channel]
        return Part(channel) if is_presence(channel) else Unwatch(channel)

    def _show(self, message: ShowPresence, now: float) -> list[Effect]:
        channel = message.channel
        # PR7
        if channel not in self._channels or not is_presence(channel):
            return [Send(Unsubscribed(channel=channel, cause="unknown"))]
        # PR4
        if message.doing == "away":
            return [Hide(channel)]
        # PR5
        if self._shows.wait(now) > 0:
            return []
        return [Show(channel, self._person(message))]

    def _person(self, message: ShowPresence) -> Person:
        return Person(
            session_id=self._session_id,
            id=self._actor.id,
            name=self._actor.name,
            doing=message.doing,
            order_id=message.order_id,
            group=message.group,
        )
