"""Who is looking at what right now: never stored, forgotten by itself, dropped first. [PR]"""

import msgspec

from protocols.from_server import Person, Presence
from protocols.vocabulary import SessionId, TenantId
from server.application.ports import Clock
from server.realtime.connection import Connection
from server.realtime.limits import LOW_WATER
from server.realtime.timers import Timer, Wheel
from server.realtime.wire import Encoded

KEPT_SECONDS = 15.0
"""Clients repeat themselves every 5 s; two lost words are no absence."""

POSITION_KEPT_SECONDS = 60.0
"""A van that is in a tunnel is still about where it was."""

MERGE_SECONDS = 0.1
"""Ten updates a second look fluent for a dragged card and cost one frame each."""


class Circle:
    """The people on one presence channel: last words, and what changed since the last news."""

    def __init__(self, channel: str) -> None:
        """Nobody is here."""
        self._channel = channel
        self._people: dict[SessionId, Person] = {}
        self._until: dict[SessionId, float] = {}
        self._changed: dict[SessionId, None] = {}

    def show(self, person: Person, now: float) -> None:
        """Remember a person's word; the same word again only lasts longer."""
        if self._people.get(person.session_id) != person:
            self._people[person.session_id] = person
            self._changed[person.session_id] = None
        kept = KEPT_SECONDS if person.position is None else POSITION_KEPT_SECONDS
        self._until[person.session_id] = now + kept

    def hide(self, session_id: SessionId) -> None:
        """Forget a person."""
        if self._people.pop(session_id, None) is not None:
            del self._until[session_id]
            self._changed[session_id] = None

    def expire(self, now: float) -> None:
        """Forget who has not said a word for too long. [PR2, PR9]"""
        for session_id in [s for s, until in self._until.items() if until <= now]:
            self.hide(session_id)

    @property
    def next_expiry(self) -> float | None:
        """When somebody may have to be forgotten."""
        return min(self._until.values(), default=None)

    def people(self) -> list[Person]:
        """Everybody who is here."""
        return list(self._people.values())

    def is_empty(self) -> bool:
        """Whether nobody is here."""
        return not self._people

    def news(self) -> Presence | None:
        """What changed since the last news; None when nothing did."""
        changed, self._changed = self._changed, {}
        if not changed:
            return None
        return Presence(
            channel=self._channel,
            people=[self._people[s] for s in changed if s in self._people],
            gone=[s for s in changed if s not in self._people],
        )

    def everyone(self) -> Presence:
        """The full set. [PR3]"""
        return Presence(channel=self._channel, people=list(self._people.values()), full=True)


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


class Presences:
    """The presence channels of this node. All calls are synchronous."""

    def __init__(self, wheel: Wheel, clock: Clock) -> None:
        """Nobody watches anything."""
        self._wheel = wheel
        self._clock = clock
        self._rooms: dict[Place, _Room] = {}
        self._places: dict[SessionId, dict[Place, None]] = {}

    def join(self, tenant_id: TenantId, channel: str, connection: Connection) -> None:
        """Begin to watch, with the full set first; joining again sends it again."""
        place = (tenant_id, channel)
        room = self._room(place)
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
        room.circle.hide(session_id)
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
            room.circle.hide(session_id)
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

    def _room(self, place: Place) -> _Room:
        room = self._rooms.get(place)
        if room is None:
            room = self._rooms[place] = _Room(Circle(place[1]))
        return room

    def _tell(self, place: Place, room: _Room, person: Person) -> None:
        room.circle.show(person, self._clock.monotonic())
        self._have_flushed(room)
        self._have_expired(place, room)

    def _tidy(self, place: Place, room: _Room) -> None:
        """Somebody left: tell the others; the last one turns off the light."""
        if room.watchers or not room.circle.is_empty():
            self._have_flushed(room)
        else:
            self._end(place, room)

    def _have_flushed(self, room: _Room) -> None:
        # PR1: at once when it was quiet, else merged with what comes within 100 ms
        if room.flush is None:
            if self._clock.monotonic() >= room.quiet_from:
                self._flush(room)
            else:
                room.flush = self._wheel.at(room.quiet_from, lambda: self._flush(room))

    def _flush(self, room: _Room) -> None:
        room.flush = None
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
        self._have_expired(place, room)

    def _end(self, place: Place, room: _Room) -> None:
        del self._rooms[place]
        for timer in (room.flush, room.expiry):
            if timer is not None:
                timer.cancel()
