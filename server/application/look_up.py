"""Reading beside the board: one order, its history, customers and products. [HT]"""

import asyncio
import unicodedata
from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import TypeVar

import msgspec

from protocols.rejections import Forbidden, NotFound
from protocols.vocabulary import AggregateId, Currency, OrderId, Sequence
from server.application.node import Node
from server.application.ports import Row
from server.domain.actor import Actor
from server.domain.orders.state import Order
from server.domain.records import Customer, Product

T = TypeVar("T")

_MOST_FOUND = 20
"""More than a picker can show."""

_SLICE = 500
"""Things looked at before others get their turn: about 5 ms."""

_PAGE = 50
"""Rows of one page of a timeline."""

END = Sequence(2**63 - 1)
"""Behind every row."""

Refusal = Forbidden | NotFound


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one order, newest first; `before` leads on, None is the end."""

    order: Order
    rows: tuple[Row, ...]
    before: Sequence | None


class LookUp:
    """Answers from the tenant of the asker, and from no other.

    An order of another tenant and one that never was are the same: not found. Every answer has
    everything in it that was committed on any node before it was asked.
    """

    def __init__(self, node: Node) -> None:
        """Read from this node."""
        self._node = node

    async def order(self, actor: Actor, order_id: OrderId) -> Order | Refusal:
        """An order, open or closed; whoever shows it masks it for readers without prices."""
        if not actor.may("order.read"):
            return Forbidden(permission="order.read")
        order = (await self._node.images_now(actor.tenant_id)).order(order_id)
        if order is None:
            order = await self._closed(actor, order_id)
        if order is None or (order.deleted and not actor.may("order.restore")):
            return NotFound(aggregate_id=AggregateId(order_id))
        return order

    async def timeline(self, actor: Actor, order_id: OrderId, before: Sequence) -> Page | Refusal:
        """What happened to an order before a place in the journal."""
        order = await self.order(actor, order_id)
        if not isinstance(order, Order):
            return order
        rows = await self._node.store.rows_of(
            actor.tenant_id, AggregateId(order_id), before=before, limit=_PAGE + 1
        )
        page = rows[:_PAGE]
        more = page[-1].sequence if len(rows) > _PAGE else None
        return Page(order=order, rows=tuple(page), before=more)

    async def customers(self, actor: Actor, query: str) -> list[Customer] | Forbidden:
        """Customers by name, contact, city, e-mail or debtor number."""
        if not (actor.may("order.create") or actor.may("order.edit")):
            return Forbidden(permission="order.create")
        images = await self._node.images_now(actor.tenant_id)
        return await _best(images.records(Customer), query, _words_of_customer)

    async def products(
        self, actor: Actor, query: str
    ) -> tuple[list[Product], Currency] | Forbidden:
        """Products on sale by name or number, and the currency of their prices."""
        if not (actor.may("order.create") or actor.may("order.edit")):
            return Forbidden(permission="order.create")
        images = await self._node.images_now(actor.tenant_id)
        on_sale = (product for product in images.records(Product) if product.active)
        found = await _best(on_sale, query, lambda product: (product.name, product.sku))
        return found, images.settings.currency

    async def _closed(self, actor: Actor, order_id: OrderId) -> Order | None:
        # PostgreSQL has no NUL in texts, and what nobody can store nobody has.
        if "\x00" in order_id:
            return None
        _, found = await self._node.store.find(actor.tenant_id, [AggregateId(order_id)])
        order = found.get(AggregateId(order_id))
        return order if isinstance(order, Order) else None


async def _best(
    things: Iterable[T], query: str, words_of: Callable[[T], tuple[str, ...]]
) -> list[T]:
    """Things in which every asked word occurs; those whose first word begins so come first.

    Gives way between slices: 50,000 customers take half a second, and boards must not wait for it.
    """
    asked = fold(query).split()
    found: list[tuple[bool, str, T]] = []
    for place, thing in enumerate(tuple(things), start=1):
        texts = [fold(text) for text in words_of(thing)]
        if all(any(word in text for text in texts) for word in asked):
            late = bool(asked) and not texts[0].startswith(asked[0])
            found.append((late, texts[0], thing))
        if place % _SLICE == 0:
            await asyncio.sleep(0)
    return [thing for _, _, thing in nsmallest(_MOST_FOUND, found, key=lambda entry: entry[:2])]


def _words_of_customer(record: Customer) -> tuple[str, ...]:
    party, address = record.customer, record.shipping_address
    return party.name, party.contact, address.city, party.email, party.debtor, address.postcode


def fold(text: str) -> str:
    """A text as it is searched: without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
