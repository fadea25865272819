"""A tenant with one person and some orders: enough for X2 and X4, and founded in a second."""

import asyncio
from pathlib import Path

from kanvoy_client.login import Cookie, sign_in

from protocols.commands import CreateOrder, NewLine
from protocols.values import Party
from protocols.vocabulary import (
    ClientId,
    Currency,
    DeliveryId,
    LineId,
    Minor,
    Number,
    OrderId,
    TenantId,
)
from server.application.submission import Submission
from server.application.verdict import Done
from server.chores import NewTenant, create_tenant
from server.desk import Desk, open_desk
from server.domain.actor import Actor
from server.domain.records import Person
from server.domain.roles import ALL
from server.settings import Settings
from server.staff import NewUser, create_user

ORDERS = 96
"""On the board, without drivers: nothing but commands of clients changes them, no alarm either."""

_PERSON = ("nancy@example.org", "a long password")  # a tenant that lives for minutes


def fill(folder: Path, database_url: str) -> None:
    """Found the tenant in an empty database."""
    asyncio.run(_found(Settings(data=folder, database_url=database_url)))


async def _found(settings: Settings) -> None:
    email, password = _PERSON
    wanted = NewTenant(slug="acme", name="Acme", currency=Currency("EUR"), workflow="full-7")
    tenant = await create_tenant(settings, wanted)
    person = await create_user(
        settings,
        NewUser(slug="acme", email=email, name="Nancy", roles=("owner",), password=password),
    )
    async with open_desk(settings) as desk:
        await _place(desk, tenant.id, person)


async def enter(address: str) -> Cookie:
    """Sign the person in."""
    email, password = _PERSON
    return await sign_in(address, email=email, password=password)


async def _place(desk: Desk, tenant_id: TenantId, person: Person) -> None:
    actor = Actor(
        tenant_id=tenant_id,
        id=person.id,
        name=person.name,
        roles=person.roles,
        permissions=ALL,
        via="system",
    )
    for number in range(1, ORDERS + 1):
        asked = Submission(
            actor=actor,
            client_id=ClientId("founder"),
            number=Number(number),
            command=_an_order(number),
        )
        verdict = await desk.node.submit(asked)
        assert isinstance(verdict, Done), verdict


def _an_order(number: int) -> CreateOrder:
    name = f"order-{number}"
    line = NewLine(line_id=LineId(f"{name}-l1"), quantity=2, name="Chai", unit_price=Minor(450))
    return CreateOrder(
        order_id=OrderId(name),
        delivery_id=DeliveryId(f"{name}-d1"),
        customer=Party(name=f"Customer {number}"),
        lines=[line],
    )
