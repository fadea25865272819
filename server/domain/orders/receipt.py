"""How far a driver knows of a delivery, and since when we wait for a word. [RT]"""

from msgspec.structs import replace

from protocols.vocabulary import Instant
from server.domain.audience import is_open
from server.domain.orders.delivery import Delivery, Receipt
from server.domain.orders.delivery_events import StopReceived

LEAD_MS = 12 * 60 * 60 * 1_000
"""How long before its window a stop begins to matter: what is for tomorrow afternoon can wait
until tonight, and what is for today cannot (decision 0015)."""


def is_waiting(delivery: Delivery) -> bool:
    """Whether news is neither acknowledged nor escalated yet."""
    receipt = delivery.receipt
    return (
        delivery.driver_id is not None
        and is_open(delivery)
        and receipt.told > max(receipt.acknowledged, receipt.escalated)
    )


def clock_from(delivery: Delivery) -> Instant:
    """From when on the tenant's patience with the driver runs. [RT]"""
    since, window = delivery.receipt.waiting_since, delivery.window
    # RT9
    return since if window is None else Instant(max(since, window.opens - LEAD_MS))


def received(receipt: Receipt, event: StopReceived) -> Receipt:
    """The highest version counts, and who has acknowledged it has seen it and has it. [RT]"""
    words = ("delivered", "seen", "acknowledged")
    reached = words[: words.index(event.receipt) + 1] if event.receipt in words else ()
    fields: dict[str, object] = {}
    for word in reached:
        # RT5
        if event.version > getattr(receipt, word):
            fields |= {word: event.version, f"{word}_at": event.at}
    return replace(receipt, waiting_since=_still_since(receipt, event), **fields)


def _still_since(receipt: Receipt, event: StopReceived) -> Instant:
    """The oldest news that this word leaves unread; what was joined counts from its newest part."""
    if event.receipt != "acknowledged":
        return receipt.waiting_since
    left = [each.at for each in receipt.edits if each.version > event.version]
    return max(receipt.waiting_since, min(left, default=receipt.waiting_since))
