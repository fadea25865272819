"""Confirmed channels plus the overlays of unanswered commands: what a screen shows. [RC]"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from kanvoy_client._wire.from_server import Person, Presence, Receipt, SnapshotBegin
from kanvoy_client._wire.views import View
from kanvoy_client._wire.vocabulary import Epoch, Number, Sequence, SessionId
from kanvoy_client.channel import Applied, Channel, Ignored, Key, Outcome, Told

Change: TypeAlias = Callable[[View | None], View | None]
"""What a pending command makes of a view. Pure; `None` is a thing that is not there."""


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """What one pending command is expected to do to one thing of one channel."""

    number: Number
    channel: str
    key: Key
    change: Change
    depends_on: tuple[Number, ...] = ()
    confirmed_at: Sequence | None = None
    """From this sequence on the confirmed state contains it."""


class Replica:
    """Everything this client knows, per channel. Deterministic: no clock, no chance."""

    def __init__(self) -> None:
        """Know no channel."""
        self.channels: dict[str, Channel] = {}
        self.people: dict[str, dict[SessionId, Person]] = {}
        self._overlays: list[Overlay] = []
        self._shown: dict[str, dict[Key, View]] = {}

    def open(self, channel: str) -> Channel:
        """The channel of this name, known from now on."""
        self._shown.setdefault(channel, {})
        return self.channels.setdefault(channel, Channel())

    def drop(self, channel: str) -> None:
        """Purge all that the channel gave."""
        self.channels.pop(channel, None)
        self.people.pop(channel, None)
        self._shown.pop(channel, None)
        self._overlays = [each for each in self._overlays if each.channel != channel]

    def forget(self, channel: str) -> tuple[Key, ...]:
        """Drop the state of a channel that could not be completed; answers what was there."""
        gone = self.channels[channel].forget()
        self._draw(channel, gone)
        return gone

    def receive(self, message: Told) -> Outcome:
        """Take a frame of a channel and draw again only what it touched."""
        channel = self.channels.get(message.channel)
        if channel is None:
            # Still in flight when we left the channel.
            return Ignored()
        before = channel.cursor
        outcome = channel.receive(message)
        if isinstance(outcome, Applied):
            if isinstance(message, SnapshotBegin) and before is not None:
                self._start_over(message.channel, before.epoch, message.epoch)
            self._draw(message.channel, (*outcome.touched, *self._settled()))
        return outcome

    def meet(self, presence: Presence) -> None:
        """Who is there, and who left."""
        people = {} if presence.full else self.people.get(presence.channel, {})
        staying = {known: each for known, each in people.items() if known not in presence.gone}
        arrived = {person.session_id: person for person in presence.people}
        self.people[presence.channel] = {**staying, **arrived}

    def view(self, channel: str, key: Key) -> View | None:
        """The thing as it is shown: confirmed, then each pending command in order."""
        return self._shown.get(channel, {}).get(key)

    def views(self, channel: str) -> Iterator[tuple[Key, View]]:
        """Everything the channel shows."""
        return iter(self._shown.get(channel, {}).items())

    def overlays(self) -> tuple[Overlay, ...]:
        """All overlays still needed, oldest first."""
        return tuple(self._overlays)

    def expect(self, overlay: Overlay) -> None:
        """Show the expected effect of a command until it is answered."""
        self._overlays.append(overlay)
        self._draw(overlay.channel, (overlay.key,))

    def confirm(self, receipt: Receipt) -> None:
        """Keep the command's overlays until their channels have come as far as it did."""
        if receipt.dry_run:
            self._remove(lambda overlay: overlay.number == receipt.number)
            return
        self._overlays = [
            replace(each, confirmed_at=receipt.sequence) if each.number == receipt.number else each
            for each in self._overlays
        ]
        # RC63: the delta may have come before the verdict.
        self._remove(self._is_settled)

    def reject(self, number: Number) -> tuple[Number, ...]:
        """Drop the overlays of a refused command and of all that depend on it; answers which."""
        falling = {number}
        # Oldest first, so that a dependant of a dependant is found in the same pass.
        for overlay in self._overlays:
            if not falling.isdisjoint(overlay.depends_on):
                falling.add(overlay.number)
        self._remove(lambda overlay: overlay.number in falling)
        return tuple(sorted(falling))

    def renumber(self, numbers: dict[Number, Number]) -> None:
        """The pending commands got new numbers; answered ones have nothing to wait for."""
        self._remove(lambda overlay: overlay.number not in numbers)
        self._overlays = [
            replace(
                each,
                number=numbers[each.number],
                depends_on=tuple(numbers[other] for other in each.depends_on if other in numbers),
            )
            for each in self._overlays
        ]

    def _start_over(self, channel: str, before: Epoch, now: Epoch) -> None:
        """In a new history the sequences of old receipts mean nothing."""
        if before != now:
            self._remove(lambda each: each.channel == channel and each.confirmed_at is not None)

    def _settled(self) -> tuple[Key, ...]:
        keys = tuple(each.key for each in self._overlays if self._is_settled(each))
        if keys:
            self._overlays = [each for each in self._overlays if not self._is_settled(each)]
        return keys

    def _is_settled(self, overlay: Overlay) -> bool:
        """Whether the confirmed state contains what the overlay expects."""
        channel = self.channels.get(overlay.channel)
        if overlay.confirmed_at is None or channel is None or channel.cursor is None:
            return False
        return channel.cursor.sequence >= overlay.confirmed_at

    def _remove(self, falls: Callable[[Overlay], bool]) -> None:
        gone = [each for each in self._overlays if falls(each)]
        self._overlays = [each for each in self._overlays if not falls(each)]
        for each in gone:
            self._draw(each.channel, (each.key,))

    def _draw(self, name: str, keys: Iterable[Key]) -> None:
        channel = self.channels.get(name)
        if channel is None:
            return
        shown = self._shown[name]
        for key in dict.fromkeys(keys):
            held = channel.items.get(key)
            view = held.view if held else None
            for overlay in self._overlays:
                if overlay.channel == name and overlay.key == key:
                    view = overlay.change(view)
            if view is None:
                shown.pop(key, None)
            else:
                shown[key] = view
