"""What screens heard of one journal, and whether each of them was told all of it, once.

A black box: what operators were answered says what the journal holds, what went over the sockets
says what was told of it. The rules are the client's own (CH61-63, SN65), as a fold over what one
screen wrote down.
"""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence as Series
from typing import assert_never

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Where somebody stands in a journal."""

    epoch: int
    sequence: int
    nonce: int


class Came(msgspec.Struct, frozen=True):
    """A socket opened and said hello, with the cursor it had."""

    cursor: Place | None


class Lost(msgspec.Struct, frozen=True):
    """The socket is gone."""


class Resumed(msgspec.Struct, frozen=True):
    """The server goes on from the cursor."""


class Begun(msgspec.Struct, frozen=True):
    """A snapshot begins: what was known is forgotten."""

    place: Place


class Part(msgspec.Struct, frozen=True):
    """A part of it as of `cut`: versions by id."""

    cut: int
    versions: dict[str, int]


class Ended(msgspec.Struct, frozen=True):
    """The snapshot is whole."""


class Told(msgspec.Struct, frozen=True):
    """A frame of changes: everything that happened in (after, upto]."""

    after: int
    place: Place
    """At `upto`."""
    versions: dict[str, int]


Heard = Came | Lost | Resumed | Begun | Part | Ended | Told


class Made(msgspec.Struct, frozen=True):
    """A change that was acknowledged to whoever asked for it."""

    sequence: int
    order_id: str
    version: int


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """The journal, as those who wrote it know it."""

    first: int
    """The head before the first change."""
    head: Place
    """After the last one."""
    made: list[Made]
    last: dict[str, int]
    """What an operator's board shows at the head."""


def anomalies(truth: Truth, screens: Series[Series[Heard]]) -> list[str]:
    """What cannot be: in the journal itself, and the first thing of each screen."""
    journal = Journal(truth)
    found = list(journal.unexplained())
    for at, heard in enumerate(screens):
        what = _first_wrong(Screen(journal), heard)
        if what is not None:
            found.append(f"screen {at}: {what}")
    return found


def _first_wrong(screen: "Screen", heard: Series[Heard]) -> str | None:
    for each in heard:
        what = screen.take(each)
        if what is not None:
            return what
    return screen.at_the_end()


class Journal:
    """What frames must say."""

    def __init__(self, truth: Truth) -> None:
        """As the operators know it."""
        self.truth = truth
        self._made = {each.sequence: each for each in truth.made}
        head = truth.head
        self._nonces = {(head.epoch, head.sequence): head.nonce}
        self._within: dict[tuple[int, int], dict[str, int]] = {}

    def unexplained(self) -> Iterator[str]:
        """Every row was acknowledged once, and every acknowledged one is a row."""
        first, head = self.truth.first, self.truth.head.sequence
        for sequence in range(first + 1, head + 1):
            if sequence not in self._made:
                yield f"row {sequence} was made and acknowledged to nobody"
        for sequence, times in Counter(each.sequence for each in self.truth.made).items():
            if not first < sequence <= head:
                yield f"row {sequence} was acknowledged and is lost"
            elif times > 1:
                yield f"row {sequence} was acknowledged {times} times"

    def within(self, after: int, upto: int) -> dict[str, int]:
        """What a frame of (after, upto] says: the newest version of everything that changed."""
        known = self._within.get((after, upto))
        if known is None:
            rows = (self._made.get(each) for each in range(after + 1, upto + 1))
            known = {row.order_id: row.version for row in rows if row is not None}
            self._within[after, upto] = known
        return known

    def nonce_elsewhere(self, place: Place) -> int:
        """The nonce that whoever was here first heard of this place."""
        return self._nonces.setdefault((place.epoch, place.sequence), place.nonce)


class Screen:
    """One screen, as its client would have it."""

    def __init__(self, journal: Journal) -> None:
        """Nothing is known yet."""
        self._journal = journal
        self._held: Place | None = None
        self._versions: dict[str, int] = {}
        self._assembling = False
        self._newest_cut = 0
        self._furthest = 0
        """How far it was when it was whole: nobody is taken back."""
        self._is_open = self._is_answered = False

    def take(self, heard: Heard) -> str | None:
        """Go on with what comes next; answers what is wrong about it."""
        match heard:
            case Came(cursor=cursor):
                self._is_open, self._is_answered = True, False
                if cursor is None:
                    self._held, self._assembling = None, False
                return None
            case Lost():
                self._is_open = False
                return None
            case Resumed():
                self._is_answered = True
                return None if self._is_whole() else "resumed, though it held nothing whole"
            case Told():
                return self._told(heard)
            case Begun() | Part() | Ended():
                return self._snapshot(heard)
            case _:
                assert_never(heard)

    def at_the_end(self) -> str | None:
        """What is wrong when all is calm."""
        truth = self._journal.truth
        if not (self._is_open and self._is_answered):
            return "never came back"
        if not self._is_whole():
            return "never was whole"
        if self._held != truth.head:
            return f"stands at {self._held} and not at {truth.head}"
        for order_id, version in truth.last.items():
            shown = self._versions.get(order_id, 0)
            if shown != version:
                return f"shows {order_id} at version {shown} instead of {version}"
        return None

    def _is_whole(self) -> bool:
        return self._held is not None and not self._assembling

    def _told(self, told: Told) -> str | None:
        held, place = self._held, told.place
        if held is None or not self._is_answered:
            return f"was told up to {place.sequence} before it was told where it stands"
        if place.epoch != held.epoch:
            return f"went from epoch {held.epoch} to {place.epoch} without a snapshot"
        if told.after > held.sequence:
            return f"a gap: stood at {held.sequence} and was told what came after {told.after}"
        if place.sequence <= held.sequence:
            return f"stood at {held.sequence} and was told up to {place.sequence} again"
        return self._wrong_nonce(place) or self._wrong_ops(told) or self._applied(told)

    def _wrong_ops(self, told: Told) -> str | None:
        wanted = self._journal.within(told.after, told.place.sequence)
        if told.versions != wanted:
            where = f"({told.after}, {told.place.sequence}]"
            more = dict(told.versions.items() - wanted.items())
            less = dict(wanted.items() - told.versions.items())
            return f"of {where} was told {more} too much and {less} too little"
        strange = next((each for each in told.versions if each not in self._versions), None)
        if strange is not None and not self._assembling:
            return f"was told of {strange}, which it never had"
        return None

    def _applied(self, told: Told) -> None:
        for order_id, version in told.versions.items():
            # A frame may begin before where we stand (CH61): what we know already does no harm.
            self._versions[order_id] = max(version, self._versions.get(order_id, 0))
        self._move(told.place)

    def _wrong_nonce(self, place: Place) -> str | None:
        elsewhere = self._journal.nonce_elsewhere(place)
        if elsewhere != place.nonce:
            return f"row {place.sequence} has the nonce {place.nonce}, elsewhere {elsewhere}"
        return None

    def _snapshot(self, heard: Begun | Part | Ended) -> str | None:
        match heard:
            case Begun(place=place):
                self._held, self._versions = place, {}
                self._assembling = self._is_answered = True
                self._newest_cut = place.sequence
                return self._wrong_nonce(place)
            case Part(cut=cut, versions=versions):
                self._newest_cut = max(self._newest_cut, cut)
                for order_id, version in versions.items():
                    self._versions[order_id] = max(version, self._versions.get(order_id, 0))
                return None if self._assembling else "got a part of no snapshot"
            case Ended():
                return self._ended()
            case _:
                assert_never(heard)

    def _ended(self) -> str | None:
        held, self._assembling = self._held, False
        if held is None:
            return "a snapshot ended that never began"
        if held.sequence < max(self._newest_cut, self._furthest):
            return (
                f"a snapshot ended at {held.sequence}, with parts of {self._newest_cut}, "
                f"for who had been at {self._furthest}"
            )
        self._move(held)
        return None

    def _move(self, place: Place) -> None:
        self._held = place
        if not self._assembling:
            self._furthest = place.sequence
