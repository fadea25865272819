"""What an audience must not know is in none of its raw frames, whatever command is given. [P6]

Every word that somebody must not read is a canary, and every amount is far from all other numbers,
so a plain search of the bytes finds a leak wherever it is: a view, a stamp, a patch, a preview.
"""

import json
import re
from collections.abc import Iterator

import pytest

from tests.parity.cases import CASES, PRICE, SECRET, Case, kind_of
from tests.parity.table import Reader, a_table

pytestmark = pytest.mark.asyncio

OF_OTHERS = {"payer", "billing", "email", "contact", "debtor", "discount", "deletion"}
INTERNAL = {"internal", "hold", "review", "cancel", "custom"}
OF_CUSTOMER = {"name", "other", "receiver", "street", "city", "elsewhere", "phone"}

FORBIDDEN = {
    "board~masked": {"email", "contact", "phone", "debtor", "payer", "billing", "discount"},
    "order~masked:order-1": {"discount"},
    "driver:driver-1": OF_OTHERS | INTERNAL,
    "driver:driver-2": OF_OTHERS | INTERNAL,
    "dispatch": OF_OTHERS | INTERNAL | {"phone", "receiver", "street"},
    "house": OF_OTHERS | INTERNAL | OF_CUSTOMER,
    "display:hall": OF_OTHERS | INTERNAL | OF_CUSTOMER,
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


async def test_every_word_that_is_searched_for_is_written_somewhere():
    written = set()
    for case in CASES:
        table = await a_table(*case.before)
        order = await table.reader("order:order-1")
        await table.do(case.command)
        written |= canaries(order)

    # Why an order was cancelled or deleted is for the journal alone.
    assert set.union(*FORBIDDEN.values()) - written == {"cancel", "deletion"}


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
