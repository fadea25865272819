"""Which channels one socket follows, and what its person shows there."""

from typing import assert_never

import msgspec

from protocols.from_client import ReportMismatch, ShowPresence, Subscribe, Unsubscribe
from protocols.from_server import Person, Unsubscribed
from protocols.handshake import Wanted
from protocols.vocabulary import DriverId, SessionId
from server.application.pace import Bucket
from server.domain.actor import Actor
from server.realtime.channels import DRIVERS, is_presence, may_watch
from server.realtime.effects import (
    Effect,
    Hide,
    Join,
    Locate,
    Log,
    Part,
    Send,
    Show,
    Unwatch,
    Watch,
)
from server.realtime.limits import (
    MISMATCH_SECONDS,
    POSITION_SECONDS,
    PRESENCE_BURST,
    PRESENCE_PER_SECOND,
    SUBSCRIPTIONS,
)


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
        self._positions = Bucket(1 / POSITION_SECONDS, 1)
        self._mismatches = Bucket(1 / MISMATCH_SECONDS, 1)
        self._located: DriverId | None = None
        """The driver whose position was shown from here and not taken back."""

    def handle(
        self, message: Subscribe | Unsubscribe | ShowPresence | ReportMismatch, now: float
    ) -> list[Effect]:
        """Do what the client asks about a channel, or say why not."""
        match message:
            case Subscribe(wanted=wanted):
                return self.subscribe(wanted)
            case Unsubscribe(channel=channel):
                return self._unsubscribe(channel)
            case ShowPresence():
                return self._show(message, now)
            case ReportMismatch():
                return self._report(message, now)
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
        effects = self.withdraw() if self._located != actor.driver_id else []
        for channel in [c for c in self._channels if not may_watch(actor, c)]:
            effects += [
                self._leave(channel),
                Send(Unsubscribed(channel=channel, cause="forbidden")),
            ]
        return effects

    def withdraw(self) -> list[Effect]:
        """Have nobody see any more where the driver is. [PR9]"""
        driver_id, self._located = self._located, None
        return [] if driver_id is None else [Hide(DRIVERS, _shown_as(driver_id))]

    def _unsubscribe(self, channel: str) -> list[Effect]:
        # CL7
        if channel not in self._channels:
            return [Send(Unsubscribed(channel=channel, cause="unknown"))]
        return [self._leave(channel), Send(Unsubscribed(channel=channel, cause="asked"))]

    def _leave(self, channel: str) -> Effect:
        del self._channels[channel]
        return Part(channel) if is_presence(channel) else Unwatch(channel)

    def _report(self, message: ReportMismatch, now: float) -> list[Effect]:
        # WB72
        if message.channel not in self._channels:
            return [Send(Unsubscribed(channel=message.channel, cause="unknown"))]
        return [] if self._mismatches.wait(now) > 0 else [Log(message)]

    def _show(self, message: ShowPresence, now: float) -> list[Effect]:
        channel, driver_id = message.channel, self._actor.driver_id
        # PR8
        if channel == DRIVERS and driver_id is not None:
            return self._locate(driver_id, message, now)
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

    def _locate(self, driver_id: DriverId, message: ShowPresence, now: float) -> list[Effect]:
        if message.doing == "away":
            # Maybe an earlier socket of this phone has shown it.
            self._located = None
            return [Hide(DRIVERS, _shown_as(driver_id))]
        # PR10
        if message.position is None or self._positions.wait(now) > 0:
            return []
        self._located = driver_id
        here = msgspec.structs.replace(
            self._person(message),
            session_id=_shown_as(driver_id),
            driver_id=driver_id,
            position=message.position,
        )
        return [Locate(DRIVERS, here)]

    def _person(self, message: ShowPresence) -> Person:
        return Person(
            session_id=self._session_id,
            id=self._actor.id,
            name=self._actor.name,
            doing=message.doing,
            order_id=message.order_id,
            group=message.group,
        )


def _shown_as(driver_id: DriverId) -> SessionId:
    """One place on the map for each driver, whichever phone or socket says it."""
    return SessionId(f"driver:{driver_id}")
