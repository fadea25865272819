"""What an audience must not know is in none of its raw frames, whatever command is given. [P6]

Every word that somebody must not read is a canary, and every amount is far from all other numbers,
so a plain search of the bytes finds a leak wherever it is: a view, a stamp, a patch, a preview.
"""

import json
import re
from collections.abc import Iterator

import pytest

from protocols.commands import SetPayment, SetQuantity
from tests.parity.cases import CASES, Case, kind_of
from tests.parity.table import Reader, a_table
from tests.parity.words import DORA, LINE, ORDER, PRICE, SECRET

pytestmark = pytest.mark.asyncio

OF_OTHERS = {"payer", "billing", "email", "contact", "debtor", "discount", "deletion"}
INTERNAL = {"internal", "hold", "review", "cancel", "custom"}
OF_CUSTOMER = {"name", "other", "receiver", "street", "city", "elsewhere", "phone"}

OF_ROAD = {
    *("scan", "attempt", "excuse", "signer", "later", "short"),
    *("expense", "answer", "verdict", "retry", "parcel"),
}
"""What drivers say of their work, and what the house says of it."""
NOT_FOR_DRIVERS = {"expense", "verdict", "retry", "parcel", "scan"}
DOOR = {"detour", "bell"}

FORBIDDEN = {
    "board~masked": {"email", "contact", "phone", "debtor", "payer", "billing", "discount"},
    "order~masked:order-1": {"discount"},
    "driver:driver-1": OF_OTHERS | INTERNAL | NOT_FOR_DRIVERS,
    "driver:driver-2": OF_OTHERS | INTERNAL | OF_ROAD,
    "dispatch": OF_OTHERS | INTERNAL | OF_ROAD | DOOR | {"phone", "receiver", "street"},
    "house": OF_OTHERS | INTERNAL | OF_ROAD | OF_CUSTOMER | DOOR | {"town"},
    "display:hall": OF_OTHERS | INTERNAL | OF_ROAD | OF_CUSTOMER | DOOR | {"town", "pointless"},
}
"""The words that must not reach a channel; prices must reach none of these."""

_SMALLEST_AMOUNT = 1_000_000
_LARGEST_AMOUNT = 100 * PRICE
_CLOCKS_AND_NONCES = re.compile(rb'"(nonce|at|opens|closes|[a-z_]*(since|_at))":\d+')


@pytest.mark.parametrize("case", CASES, ids=lambda case: kind_of(case.command))
async def test_no_frame_holds_what_its_audience_must_not_know(case: Case):
    table = await a_table(*case.before)
    readers = {channel: await table.reader(channel) for channel in FORBIDDEN}

    await table.do(case.command)
    for channel in FORBIDDEN:
        readers[f"{channel} afresh"] = await table.reader(channel)

    for name, reader in readers.items():
        channel = name.removesuffix(" afresh")
        assert canaries(reader) & FORBIDDEN[channel] == set(), name
        assert list(amounts(reader)) == [], name


async def test_the_search_would_find_what_the_full_channels_show():
    table = await a_table()

    board, order = await table.reader("board"), await table.reader("order:order-1")

    assert canaries(board) == {"name", "city", "internal"}
    assert {"email", "phone", "billing", "discount", "internal"} <= canaries(order)
    assert PRICE in set(amounts(order))
    assert list(amounts(board)) != []


async def test_of_all_amounts_a_driver_learns_only_what_to_collect_in_cash():
    cash = SetPayment(order_id=ORDER, payment_method="cash")
    table = await a_table(cash)
    readers = {channel: await table.reader(channel) for channel in FORBIDDEN}
    order = await table.reader(f"order:{ORDER}")

    await table.do(SetQuantity(order_id=ORDER, line_id=LINE, quantity=2))

    (view,) = (held.view for held in order.channel.items.values())
    dora = readers[f"driver:{DORA}"]
    (stop,) = (held.view for key, held in dora.channel.items.items() if key.id == ORDER)
    assert {name for name, reader in readers.items() if list(amounts(reader))} == {f"driver:{DORA}"}
    assert [each.cash_due for each in stop.deliveries] == [view.totals.total]
    assert len(set(amounts(dora))) == 2, "what is due before and after, and nothing else"


async def test_every_word_that_is_searched_for_is_written_somewhere():
    written = set()
    for case in CASES:
        table = await a_table(*case.before)
        order = await table.reader("order:order-1")
        await table.do(case.command)
        written |= canaries(order)

    # Why something was cancelled, deleted, retried or decided is for the journal alone.
    kept = {"cancel", "deletion", "scan", "answer", "verdict", "retry"}
    assert set.union(*FORBIDDEN.values()) - written == kept


def canaries(reader: Reader) -> set[str]:
    """Which canaries are in the bytes that a reader was sent."""
    found = re.findall(rf"{SECRET}-([a-z]+)".encode(), b"\n".join(reader.frames))
    return {word.decode() for word in found}


def amounts(reader: Reader) -> Iterator[int]:
    """The numbers in a reader's bytes that can only be amounts."""
    for frame in reader.frames:
        assert json.loads(frame)
        for number in re.findall(rb"\d+", _CLOCKS_AND_NONCES.sub(b"", frame)):
            if _SMALLEST_AMOUNT <= int(number) <= _LARGEST_AMOUNT:
                yield int(number)
