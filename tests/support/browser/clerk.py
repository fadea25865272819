"""A colleague without a browser: places the orders a test is about, and knows what is stored."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from protocols.commands import Command, CreateOrder, MoveOrder, NewLine
from protocols.deliveries import AssignDriver
from protocols.fleet import SaveDriver, SetDispatch
from protocols.from_client import Submit
from protocols.http import Found
from protocols.values import Address, Party
from protocols.vocabulary import (
    DeliveryId,
    DriverId,
    LineId,
    Number,
    OrderId,
    ProductId,
    StageId,
    Version,
)

PASSWORD = "password"

_ANY = Version(1_000_000)
"""Of a record that nobody reads over HTTP: whatever is there."""

_WAY = ("new", "confirmed", "preparing", "ready")
"""The stages an order without driver goes through, each reached from the one before."""


async def sign_in(browser: httpx.AsyncClient, email: str) -> None:
    """Sign this client in, as a browser would."""
    proof = {"email": email, "password": PASSWORD}
    answer = await browser.post("/v1/session", json=proof)
    assert answer.status_code == 200, answer.text
    browser.headers["x-kanvoy-csrf"] = answer.json()["csrf"]


class Clerk:
    """Speaks HTTP; numbers its own commands."""

    def __init__(self, browser: httpx.AsyncClient) -> None:
        """`browser` is signed in."""
        self._browser = browser
        self._client_id = f"clerk-{uuid4()}"
        self._number = 0

    async def place(
        self,
        customer: str,
        stage: str = "new",
        *,
        products: tuple[str, ...] = ("nw-001",),
        quantity: int = 6,
        city: str = "Bremen",
    ) -> OrderId:
        """Place an order and bring it into a stage; answers its id."""
        order_id = OrderId(f"proof-{uuid4()}")
        await self.do(
            CreateOrder(
                order_id=order_id,
                delivery_id=DeliveryId(f"{order_id}-d1"),
                customer=Party(name=customer),
                shipping_address=Address(name=customer, street="Am Wall 1", city=city),
                lines=[
                    NewLine(
                        line_id=LineId(f"{order_id}-l{at}"),
                        product_id=ProductId(product),
                        quantity=quantity,
                    )
                    for at, product in enumerate(products, start=1)
                ],
            )
        )
        for here, there in pairwise(_WAY[: _WAY.index(stage) + 1]):
            await self.move(order_id, here, there)
        return order_id

    async def hire(self, driver_id: str, name: str) -> str:
        """A new driver, and a one-time code for their phone."""
        await self.do(SaveDriver(driver_id=DriverId(driver_id), name=name, call_sign="Van 3"))
        asked = {"kind": "driver", "driver_id": driver_id}
        answer = await self._browser.post("/v1/pairings", json=asked)
        assert answer.status_code == 201, answer.text
        code: str = answer.json()["code"]
        return code

    async def revoke_phones(self, driver_id: str) -> None:
        """Let no phone of this driver in any more."""
        found = (await self._browser.get("/v1/devices")).json()["items"]
        for device in found:
            if device.get("driver_id") == driver_id:
                answer = await self._browser.delete(f"/v1/devices/{device['id']}")
                assert answer.status_code == 204, answer.text

    async def give(self, order_id: OrderId, to: str, was: str | None = None) -> None:
        """Have a driver bring an order, whoever was to bring it before."""
        await self.do(
            AssignDriver(
                order_id=order_id,
                delivery_id=DeliveryId(f"{order_id}-d1"),
                from_driver=None if was is None else DriverId(was),
                to_driver=DriverId(to),
            )
        )

    async def picture(self, upload_id: str) -> int:
        """How the server answers when the office looks at a picture."""
        return (await self._browser.get(f"/v1/uploads/{upload_id}/content")).status_code

    async def move(self, order_id: OrderId, here: str, there: str) -> None:
        """Move an order from stage to stage."""
        await self.do(
            MoveOrder(order_id=order_id, from_stage=StageId(here), to_stage=StageId(there))
        )

    async def do(self, command: Command) -> dict[str, Any]:
        """Have a command carried out over whatever is there; fails when it is refused."""
        self._number += 1
        order_id = getattr(command, "order_id", None)
        creates = order_id is None or isinstance(command, CreateOrder)
        over = Version(0) if creates else (await self.order(OrderId(str(order_id)))).version
        if isinstance(command, SetDispatch):
            over = _ANY
        body = Submit(number=Number(self._number), command=command, over=over, base_version=over)
        answer = await self._browser.post(
            "/v1/commands",
            content=msgspec.json.encode(body),
            headers={"content-type": "application/json", "x-kanvoy-client": self._client_id},
        )
        assert answer.status_code == 200, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def order(self, order_id: OrderId) -> Found:
        """The order as it is stored."""
        answer = await self._browser.get(f"/v1/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=Found)

    async def get(self, path: str) -> dict[str, Any]:
        """What the REST side says about this."""
        answer = await self._browser.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Have the REST side do something that is no command."""
        answer = await self._browser.post(path, json=body)
        assert answer.is_success, answer.text
        done: dict[str, Any] = answer.json()
        return done

    async def delete(self, path: str) -> None:
        """Have the REST side forget something."""
        answer = await self._browser.delete(path)
        assert answer.is_success, answer.text

    async def timeline(self, order_id: OrderId) -> list[dict[str, Any]]:
        """What happened to the order, newest first."""
        answer = await self._browser.get(f"/v1/orders/{order_id}/timeline")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def moves(self, order_id: OrderId) -> int:
        """How often the order was moved."""
        return sum(
            change["kind"] == "order.stage_changed"
            for entry in await self.timeline(order_id)
            for change in entry["changes"]
        )
