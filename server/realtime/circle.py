"""The people on one presence channel, and the words by which nodes agree who is there. [PR, MN]"""

import msgspec

from protocols.from_server import Person, Presence
from protocols.vocabulary import Instant, SessionId
from server.realtime.news import Gone, Said, Word

KEPT_SECONDS = 15.0
"""Clients repeat themselves every 5 s; two lost words are no absence."""

POSITION_KEPT_SECONDS = 60.0
"""A van that is in a tunnel is still about where it was."""

HERE = ""
"""Said on this node."""

NEVER = Instant(0)


def kept_seconds(person: Person) -> float:
    """How long a word lasts."""
    return KEPT_SECONDS if person.position is None else POSITION_KEPT_SECONDS


class _Kept(msgspec.Struct, frozen=True):
    """A word, until when it lasts, and when and on which node it was said."""

    person: Person
    until: float
    at: Instant
    node: str


class Circle:
    """The people on one presence channel: last words, and what changed since the last news.

    The last word of a session counts on whichever node it was said (`at`), so nodes that hear the
    same words agree, in whatever order they come.
    """

    def __init__(self, channel: str) -> None:
        """Nobody is here."""
        self._channel = channel
        self._words: dict[SessionId, _Kept] = {}
        self._changed: dict[SessionId, None] = {}
        self._untold: dict[SessionId, Instant] = {}

    def show(self, person: Person, now: float, at: Instant = NEVER) -> None:
        """Remember a person's word; the same word again only lasts longer."""
        at = self._after(person.session_id, at)
        if self._put(person, now + kept_seconds(person), at, HERE):
            self._untold[person.session_id] = at

    def hide(self, session_id: SessionId, at: Instant = NEVER) -> None:
        """Forget a person."""
        at = self._after(session_id, at)
        if self._drop(session_id):
            self._untold[session_id] = at

    def hear(self, said: Said, now: float) -> None:
        """Take in what another node told: older words than ours change nothing. [MN8]"""
        for word in said.words:
            before = self._words.get(word.person.session_id)
            if before is None or (before.at, before.node) < (word.at, said.node):
                self._put(word.person, now + word.left, word.at, said.node)
        for session_id, at in said.gone.items():
            before = self._words.get(session_id)
            if before is not None and before.at < at:
                self._drop(session_id)
        if said.full:
            named = {word.person.session_id for word in said.words}
            for session_id, kept in tuple(self._words.items()):
                if kept.node == said.node and session_id not in named:
                    self._drop(session_id)

    def tell(self, now: float, *, full: bool = False) -> tuple[tuple[Word, ...], Gone]:
        """What other nodes need: what was said here since the last telling, or all of it. [MN7]"""
        untold, self._untold = self._untold, {}
        chosen = self._words if full else untold
        ours = [k for s in chosen if (k := self._words.get(s)) is not None and k.node == HERE]
        words = tuple(Word(person=k.person, at=k.at, left=k.until - now) for k in ours)
        return words, {s: at for s, at in untold.items() if s not in self._words}

    def expire(self, now: float) -> None:
        """Forget who has not said a word for too long. [PR2, PR9]"""
        # Nobody is told: the others know how long each word lasts.
        for session_id in [s for s, kept in self._words.items() if kept.until <= now]:
            self._drop(session_id)

    @property
    def next_expiry(self) -> float | None:
        """When somebody may have to be forgotten."""
        return min((kept.until for kept in self._words.values()), default=None)

    def people(self) -> list[Person]:
        """Everybody who is here."""
        return [kept.person for kept in self._words.values()]

    def is_empty(self) -> bool:
        """Whether nobody is here."""
        return not self._words

    def news(self) -> Presence | None:
        """What changed since the last news; None when nothing did."""
        changed, self._changed = self._changed, {}
        if not changed:
            return None
        return Presence(
            channel=self._channel,
            people=[self._words[s].person for s in changed if s in self._words],
            gone=[s for s in changed if s not in self._words],
        )

    def everyone(self) -> Presence:
        """The full set. [PR3]"""
        return Presence(channel=self._channel, people=self.people(), full=True)

    def _after(self, session_id: SessionId, at: Instant) -> Instant:
        """A time after the word we know, whatever the clock of the node was that told it."""
        before = self._words.get(session_id)
        return at if before is None else Instant(max(at, before.at + 1))

    def _put(self, person: Person, until: float, at: Instant, node: str) -> bool:
        """Whether that is another word than before."""
        before = self._words.get(person.session_id)
        self._words[person.session_id] = _Kept(person, until, at, node)
        if before is not None and before.person == person:
            return False
        self._changed[person.session_id] = None
        return True

    def _drop(self, session_id: SessionId) -> bool:
        if self._words.pop(session_id, None) is None:
            return False
        self._changed[session_id] = None
        return True
