"""Who is looking at what right now: never stored, forgotten by itself, dropped first. [PR]"""

from typing import Protocol

import msgspec

from protocols.from_server import Person
from protocols.vocabulary import SessionId, TenantId
from server.application.ports import Clock
from server.realtime.circle import Circle
from server.realtime.connection import Connection
from server.realtime.limits import LOW_WATER
from server.realtime.news import Said
from server.realtime.timers import Timer, Wheel
from server.realtime.wire import Encoded

MERGE_SECONDS = 0.1
"""Ten updates a second look fluent for a dragged card and cost one frame each."""


class _Room(msgspec.Struct, eq=False):
    """One presence channel of one tenant with the sockets that watch it."""

    circle: Circle
    watchers: dict[SessionId, Connection] = {}
    missed: dict[SessionId, None] = {}
    """Watchers that lagged when news went out."""
    quiet_from: float = 0.0
    """When the next news may go out."""
    flush: Timer | None = None
    expiry: Timer | None = None


Place = tuple[TenantId, str]


class Abroad(Protocol):
    """The same presence channels on other nodes."""

    def tell(self, place: Place, circle: Circle, *, full: bool = False) -> None:
        """What was said here, or all that is kept of it."""

    def ask(self, place: Place) -> None:
        """Somebody here wants to know who is there."""


class Nobody:
    """There are no other nodes."""

    def tell(self, place: Place, circle: Circle, *, full: bool = False) -> None:
        """See `Abroad`."""

    def ask(self, place: Place) -> None:
        """See `Abroad`."""


class Presences:
    """The presence channels of this node. All calls are synchronous."""

    def __init__(self, wheel: Wheel, clock: Clock) -> None:
        """Nobody watches anything."""
        self.abroad: Abroad = Nobody()
        self._wheel = wheel
        self._clock = clock
        self._rooms: dict[Place, _Room] = {}
        self._places: dict[SessionId, dict[Place, None]] = {}

    def join(self, tenant_id: TenantId, channel: str, connection: Connection) -> None:
        """Begin to watch, with the full set first; joining again sends it again."""
        place = (tenant_id, channel)
        room = self._room(place)
        if not room.watchers:
            self.abroad.ask(place)
        room.watchers[connection.session_id] = connection
        self._places.setdefault(connection.session_id, {})[place] = None
        connection.write(Encoded(room.circle.everyone()))

    def part(self, tenant_id: TenantId, channel: str, session_id: SessionId) -> None:
        """Watch no more; what the session showed here is forgotten."""
        place = (tenant_id, channel)
        room = self._rooms.get(place)
        if room is None or room.watchers.pop(session_id, None) is None:
            return
        del self._places[session_id][place]
        room.missed.pop(session_id, None)
        room.circle.hide(session_id, self._clock.now())
        self._tidy(place, room)

    def leave(self, session_id: SessionId) -> None:
        """The socket is gone: its watching and showing end everywhere. [PR4]"""
        for tenant_id, channel in tuple(self._places.get(session_id, ())):
            self.part(tenant_id, channel, session_id)
        self._places.pop(session_id, None)

    def show(self, tenant_id: TenantId, channel: str, person: Person) -> None:
        """Let the others know what a watcher is doing."""
        room = self._rooms.get((tenant_id, channel))
        if room is not None and person.session_id in room.watchers:
            self._tell((tenant_id, channel), room, person)

    def locate(self, tenant_id: TenantId, channel: str, person: Person) -> None:
        """Let the watchers know where a driver is, who need not watch. [PR8]"""
        place = (tenant_id, channel)
        self._tell(place, self._room(place), person)

    def hide(self, tenant_id: TenantId, channel: str, session_id: SessionId) -> None:
        """The person is doing nothing any more. [PR4]"""
        place = (tenant_id, channel)
        room = self._rooms.get(place)
        if room is not None:
            room.circle.hide(session_id, self._clock.now())
            self._tidy(place, room)

    def drained(self, connection: Connection) -> None:
        """The socket has caught up: it gets the full set of what it missed. [PR6]"""
        for place in self._places.get(connection.session_id, ()):
            room = self._rooms[place]
            if connection.session_id in room.missed:
                del room.missed[connection.session_id]
                connection.write(Encoded(room.circle.everyone()))

    def present(self, tenant_id: TenantId, channel: str) -> list[Person]:
        """Whoever is on a channel, for readers inside this node."""
        room = self._rooms.get((tenant_id, channel))
        return [] if room is None else room.circle.people()

    def heard(self, said: Said, *, kept: bool) -> None:
        """Another node told who is there; `kept` also where nobody here watches."""
        place = (said.tenant_id, said.channel)
        room = self._room(place) if kept else self._rooms.get(place)
        if room is not None:
            room.circle.hear(said, self._clock.monotonic())
            self._tidy(place, room)
            if place in self._rooms:
                self._have_expired(place, room)

    def asked(self, place: Place) -> None:
        """Another node wants to know who is here."""
        room = self._rooms.get(place)
        if room is not None:
            self.abroad.tell(place, room.circle, full=True)

    def repeat(self) -> None:
        """Tell all other nodes of everybody here, so that they forget nobody who stays. [MN7]"""
        for place in tuple(self._rooms):
            self.asked(place)

    def ask_again(self) -> None:
        """We may have missed much."""
        for place, room in self._rooms.items():
            if room.watchers:
                self.abroad.ask(place)

    def _room(self, place: Place) -> _Room:
        room = self._rooms.get(place)
        if room is None:
            room = self._rooms[place] = _Room(Circle(place[1]))
        return room

    def _tell(self, place: Place, room: _Room, person: Person) -> None:
        room.circle.show(person, self._clock.monotonic(), self._clock.now())
        self._have_flushed(place, room)
        self._have_expired(place, room)

    def _tidy(self, place: Place, room: _Room) -> None:
        """Somebody left: tell the others; the last one turns off the light."""
        if room.watchers or not room.circle.is_empty():
            self._have_flushed(place, room)
        else:
            self.abroad.tell(place, room.circle)
            self._end(place, room)

    def _have_flushed(self, place: Place, room: _Room) -> None:
        # PR1: at once when it was quiet, else merged with what comes within 100 ms
        if room.flush is None:
            if self._clock.monotonic() >= room.quiet_from:
                self._flush(place, room)
            else:
                room.flush = self._wheel.at(room.quiet_from, lambda: self._flush(place, room))

    def _flush(self, place: Place, room: _Room) -> None:
        room.flush = None
        self.abroad.tell(place, room.circle)
        news = room.circle.news()
        if news is None:
            return
        room.quiet_from = self._clock.monotonic() + MERGE_SECONDS
        encoded = Encoded(news)
        for session_id, connection in room.watchers.items():
            # PR6
            if session_id in room.missed or connection.unsent() > LOW_WATER:
                room.missed[session_id] = None
            else:
                connection.write(encoded)

    def _have_expired(self, place: Place, room: _Room) -> None:
        due = room.circle.next_expiry
        if room.expiry is None and due is not None:
            room.expiry = self._wheel.at(due, lambda: self._expire(place, room))

    def _expire(self, place: Place, room: _Room) -> None:
        room.expiry = None
        room.circle.expire(self._clock.monotonic())
        self._tidy(place, room)
        if place in self._rooms:
            self._have_expired(place, room)

    def _end(self, place: Place, room: _Room) -> None:
        del self._rooms[place]
        for timer in (room.flush, room.expiry):
            if timer is not None:
                timer.cancel()
