"""Reading one order, its history, and the pickers' lists. [HT]"""

from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter

from protocols.http import Customers, Found, Products, Timeline
from protocols.record_views import CustomerView, ProductView
from protocols.rejections import Forbidden, NotFound
from protocols.views import OrderView
from protocols.vocabulary import Currency, OrderId, Sequence
from server.application.look_up import END, LookUp
from server.domain.orders.state import Order
from server.domain.records import Customer, Product
from server.http.declared import problems
from server.http.given import Given
from server.http.problems import Refused, problem, refused
from server.http.sessions import Me
from server.http.timeline import entry_of

T = TypeVar("T")


DrawOrder = Callable[[Order], OrderView]
"""How an order looks to the back office; the sockets' views are made by the same functions."""


class Drawing(msgspec.Struct, frozen=True):
    """An order for those who see prices, and for those who do not."""

    in_full: DrawOrder
    masked: DrawOrder


Reading = Given[LookUp]
Draw = Given[Drawing]
Query = Annotated[str, QueryParameter(name="q", max_length=200)]
Before = Annotated[int | None, QueryParameter(name="before", ge=1, le=2**53)]


@get("/orders/{order_id:str}", responses=problems(400, 401, 403, 404, 429, 503))
async def show_order(
    order_id: FromPath[str], principal: Me, look_up: Reading, draw: Draw
) -> Response[Found]:
    """One order in full; without amounts for readers who see no prices."""
    order = allowed(await look_up.order(principal.actor, OrderId(order_id)))
    show = draw.in_full if principal.actor.may("price.read") else draw.masked
    return fresh(Found(id=order.id, version=order.version, view=show(order)))


@get("/orders/{order_id:str}/timeline", responses=problems(400, 401, 403, 404, 429, 503))
async def show_timeline(
    order_id: FromPath[str], principal: Me, look_up: Reading, before: Before = None
) -> Response[Timeline]:
    """What happened to an order, newest first: who, when, and what became what."""
    start = END if before is None else Sequence(before)
    page = allowed(await look_up.timeline(principal.actor, OrderId(order_id), start))
    priced = principal.actor.may("price.read")
    items = tuple(entry_of(row, priced=priced) for row in page.rows)
    return fresh(Timeline(items=items, before=page.before))


@get("/customers", responses=problems(400, 401, 403, 429, 503))
async def find_customers(principal: Me, look_up: Reading, asked: Query = "") -> Response[Customers]:
    """Customers in which every asked word occurs."""
    found = allowed(await look_up.customers(principal.actor, asked))
    return fresh(Customers(items=tuple(_customer(customer) for customer in found)))


@get("/products", responses=problems(400, 401, 403, 429, 503))
async def find_products(principal: Me, look_up: Reading, asked: Query = "") -> Response[Products]:
    """Products on sale in which every asked word occurs."""
    found, currency = allowed(await look_up.products(principal.actor, asked))
    return fresh(Products(items=tuple(_product(product, currency) for product in found)))


def allowed(answer: T | Forbidden | NotFound) -> T:
    """The thing itself; raises `Refused` otherwise, for foreign and unknown in the same bytes."""
    if isinstance(answer, NotFound):
        # HT2: the asked id is not repeated
        raise Refused(problem(404))
    if isinstance(answer, Forbidden):
        raise Refused(refused(answer))
    return answer


def fresh(content: T) -> Response[T]:
    """An answer nobody may keep: the next one may differ."""
    return Response(content, headers={"cache-control": "no-store"})


def _customer(record: Customer) -> CustomerView:
    return CustomerView(
        id=record.id,
        customer=record.customer,
        shipping_address=record.shipping_address,
        billing_address=record.billing_address,
    )


def _product(record: Product, currency: Currency) -> ProductView:
    return ProductView(
        id=record.id,
        sku=record.sku,
        name=record.name,
        unit_price=record.unit_price,
        currency=currency,
        tax_rate=record.tax_rate,
        image=record.image,
        active=record.active,
    )


routes = Router(
    "/v1",
    route_handlers=[show_order, show_timeline, find_customers, find_products],
    tags=["orders"],
)
