"""Names of things, whose they are, and how a question about one's own becomes one about others'."""

import random
from typing import Any, TypeVar

import msgspec

from protocols.commands import Command

T = TypeVar("T")

OWN_SETS = 9
"""Copies of the same orders: what one probe cancels, another finds as it was."""

OF_ORDERS = frozenset(
    {
        *(f"order-{n}" for n in (1, 2, 3, 4)),
        *(f"order-{n}-d{m}" for n in (1, 2, 3, 4) for m in (1, 2, 9)),
        *(f"line-{n}" for n in (1, 2, 3, 4)),
        *(f"note-{n}" for n in (1, 2, 3, 4)),
        *(f"discount-{n}" for n in (1, 2)),
    }
)
"""What belongs to one order; the parity cases speak of these."""

OF_HOUSES = frozenset(
    {
        "driver-1", "driver-2", "driver-3", "hall", "lobby", "depot", "van-1", "north", "rosa",
        "alfreds", "chai", "ben", "claim-6", "proposal-6", "proof-1", "proof-2", "proof-3",
        "expense-1", "upload-1",
        "plan-1", "device-1", "client", "bearer-1", "zoe@example.org", "zoe",
    }
)  # fmt: skip
"""What belongs to a tenant."""

_COMMAND: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def slots_of(value: Any) -> tuple[str, ...]:
    """The names in a value, in order, each once."""
    found: dict[str, None] = {}

    def look(text: str) -> str:
        if text in OF_ORDERS or text in OF_HOUSES:
            found[text] = None
        return text

    _walk(value, look)
    return tuple(found)


def called(value: Any, names: dict[str, str]) -> Any:
    """The same value with other names."""
    return _walk(value, lambda text: names.get(text, text))


def renamed(command: Command, prefix: str, *, orders_only: bool = False) -> Command:
    """The command about things whose names begin so."""
    plain = msgspec.to_builtins(command)
    kept = OF_HOUSES if orders_only else frozenset()
    names = {slot: prefix + slot for slot in slots_of(plain) if slot not in kept}
    return _COMMAND.decode(msgspec.json.encode(called(plain, names)))


def of_stranger(command: Command, salt: str) -> Command:
    """The command as the other tenant gives it: other names, and its secret in every text."""
    plain = msgspec.to_builtins(renamed(command, salt))
    return _COMMAND.decode(msgspec.json.encode(_walk(plain, lambda text: _secret(text, salt))))


def _secret(text: str, salt: str) -> str:
    return text.replace("canary", f"qzecret-{salt}") if "canary" in text else text


class Names:
    """Draws what a probe calls its things: one's own, the other tenant's, or a mixture."""

    def __init__(self, dice: random.Random, foreign: str) -> None:
        """`foreign` begins the names of the other tenant."""
        self._dice, self._foreign = dice, foreign

    def own(self, slots: tuple[str, ...], *, spent: bool = False) -> dict[str, str]:
        """One of the own sets; the last is for probes that end orders."""
        prefix = f"o{OWN_SETS - 1 if spent else self._dice.randrange(OWN_SETS - 1)}-"
        return {slot: prefix + slot if slot in OF_ORDERS else slot for slot in slots}

    def foreign(self, slots: tuple[str, ...]) -> dict[str, str]:
        """All of them the other tenant's."""
        return {slot: self._foreign + slot for slot in slots}

    def mixed(self, slots: tuple[str, ...], one: str) -> dict[str, str]:
        """Own ones but for this."""
        return {**self.own(slots), one: self._foreign + one}


def _walk(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _walk(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(each, change) for each in value]
    return value
