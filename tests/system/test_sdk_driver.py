"""The SDK's driver without a screen, as an integrator runs it: a whole day, killed on the way."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.support.process import ROOT, Running, kanvoy, running
from tests.support.rules import rule

pytestmark = [
    pytest.mark.system,
    pytest.mark.asyncio,
    pytest.mark.xdist_group("demo"),
    pytest.mark.timeout(180),
]

_PASSWORD, _EMAIL = "a long enough one", "anna@acme.example"
_DRIVER = ROOT / "client" / "python" / "examples" / "driver.py"
_PATIENCE = 60.0
_FACTS = {"delivery.collected", "delivery.arrived", "delivery.delivered", "delivery.failed"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A tenant with an owner."""
    folder = tmp_path_factory.mktemp("sdk-driver")
    for step in (
        ("create-tenant", "acme", "--name", "Acme"),
        ("create-user", "acme", _EMAIL, "--role", "owner"),
    ):
        done = kanvoy(*step, folder=folder, KANVOY_PASSWORD=_PASSWORD)
        assert done.returncode == 0, done.stderr
    with running("serve", folder=folder) as serving:
        yield serving


class Office:
    """Anna at her desk, over HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self._number = client, 0

    async def do(self, **command: Any) -> dict[str, Any]:
        """One command that must be accepted."""
        self._number += 1
        done = await self.client.post(
            "/v1/commands", json={"number": self._number, "command": command, "over": 10_000}
        )
        assert done.status_code == 200, done.text
        return dict(done.json())

    async def an_order(self, order_id: str, driver_id: str, *, cash: bool = True) -> None:
        """A ready order of two tables and three chairs in a driver's run."""
        await self.do(
            kind="create_order",
            order_id=order_id,
            delivery_id=f"{order_id}-d1",
            customer={"name": "Rosa"},
            lines=[
                {"line_id": f"{order_id}-l1", "name": "Table", "quantity": 2, "unit_price": 1_000},
                {"line_id": f"{order_id}-l2", "name": "Chair", "quantity": 3, "unit_price": 500},
            ],
            shipping_address={"street": "Main St 1", "city": "Lyon"},
            payment_method="cash" if cash else "card",
            driver_id=driver_id,
        )
        for here, there in (
            ("new", "confirmed"),
            ("confirmed", "preparing"),
            ("preparing", "ready"),
        ):
            await self.do(kind="move_order", order_id=order_id, from_stage=here, to_stage=there)

    async def order(self, order_id: str) -> dict[str, Any]:
        """An order in full."""
        found = await self.client.get(f"/v1/orders/{order_id}")
        assert found.status_code == 200, found.text
        return dict(found.json()["view"])

    async def happened(self, order_id: str) -> list[str]:
        """What the driver's facts did to an order, in their order."""
        found = await self.client.get(f"/v1/orders/{order_id}/timeline")
        assert found.status_code == 200, found.text
        kinds = [each["kind"] for item in found.json()["items"] for each in item["changes"]]
        return [kind for kind in reversed(kinds) if kind in _FACTS]

    async def code_for(self, driver_id: str) -> str:
        """A pairing code."""
        asked = {"kind": "driver", "driver_id": driver_id}
        made = await self.client.post("/v1/pairings", json=asked)
        assert made.status_code == 201, made.text
        return str(made.json()["code"])


@asynccontextmanager
async def _office(server: Running, *drivers: str) -> AsyncIterator[Office]:
    async with httpx.AsyncClient(
        base_url=server.address, headers={"origin": server.address}, trust_env=False
    ) as client:
        session = await client.post("/v1/session", json={"email": _EMAIL, "password": _PASSWORD})
        client.headers["x-kanvoy-csrf"] = session.json()["csrf"]
        client.headers["x-kanvoy-client"] = f"anna-{'-'.join(drivers)}"
        office = Office(client)
        for driver_id in drivers:
            await office.do(kind="save_driver", driver_id=driver_id, name=driver_id.title())
        yield office


def _start(server: Running, folder: Path, *words: str) -> "subprocess.Popen[str]":
    paths = (str(ROOT / "client" / "python" / "src"), str(ROOT))
    return subprocess.Popen(
        [sys.executable, str(_DRIVER), server.address, "--folder", str(folder), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _a_photo(folder: Path) -> Path:
    """A picture of noise: too large for one part."""
    body = BytesIO()
    Image.frombytes("RGB", (700, 500), os.urandom(700 * 500 * 3)).save(body, "JPEG", quality=95)
    assert len(body.getvalue()) > 300_000
    file = folder / "door.jpg"
    file.write_bytes(body.getvalue())
    return file


async def _ended(process: "subprocess.Popen[str]") -> str:
    said, _ = await asyncio.to_thread(process.communicate, timeout=_PATIENCE)
    assert process.returncode == 0, said
    return str(said)


@rule("FA13", "UP3", "CD2")
async def test_the_headless_driver_does_a_day_with_proofs_cash_and_a_door_nobody_opened(
    server: Running, tmp_path: Path
) -> None:
    async with _office(server, "dora") as office:
        await office.an_order("day-1", "dora")
        await office.an_order("day-2", "dora", cash=False)
        number = (await office.order("day-2"))["number"]
        code = await office.code_for("dora")
        words = ("--code", code, "--photo", str(_a_photo(tmp_path)), "--parking", "250")

        said = await _ended(
            _start(server, tmp_path, *words, "--nobody-home", str(number), "--until-done")
        )

        done, failed = await office.order("day-1"), await office.order("day-2")
        (delivery,) = done["deliveries"]
        proofs = {proof["kind"]: proof for proof in delivery["proofs"]}
        photo = await office.client.get(f"/v1/uploads/{proofs['photo']['upload_id']}/content")
        drawn = await office.client.get(f"/v1/uploads/{proofs['signature']['upload_id']}/content")
    assert "refused" not in said
    assert (done["stage_id"], delivery["cash"]) == ("delivered", done["totals"]["total"])
    assert [each["quantity"] for each in delivery["handed"]] == [2, 3]
    assert set(proofs) == {"signature", "photo", "name"}
    assert [(each["expense"], each["amount"]) for each in done["expenses"]] == [("parking", 250)]
    assert Image.open(BytesIO(photo.content)).size == (700, 500)
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    (door,) = failed["deliveries"]
    assert [each["reason"] for each in door["attempts"]] == ["nobody_home"]
    assert door["category"] == "failed"


@rule("RC61", "UP3", "DV6")
async def test_a_driver_that_is_killed_again_and_again_says_everything_once(
    server: Running, tmp_path: Path
) -> None:
    photo = _a_photo(tmp_path)
    async with _office(server, "kilian") as office:
        for at in range(4):
            await office.an_order(f"kill-{at}", "kilian")
        words = ["--code", await office.code_for("kilian"), "--photo", str(photo)]
        for after in (1, 2, 3, 4):
            process = _start(server, tmp_path, *words)
            await asyncio.to_thread(_hear, process, after)
            process.kill()
            await asyncio.to_thread(process.communicate)
        await _ended(_start(server, tmp_path, *words, "--until-done"))

        orders = [await office.order(f"kill-{at}") for at in range(4)]
        shown = [
            await office.client.get(f"/v1/uploads/{proof['upload_id']}/content")
            for order in orders
            for proof in order["deliveries"][0]["proofs"]
            if proof.get("upload_id")
        ]
        happened = [await office.happened(order["id"]) for order in orders]
    assert [order["stage_id"] for order in orders] == ["delivered"] * 4
    assert [order["claims"] for order in orders if "claims" in order] == []
    assert [picture.status_code for picture in shown] == [200] * 8
    assert happened == [["delivery.collected", "delivery.arrived", "delivery.delivered"]] * 4


def _hear(process: "subprocess.Popen[str]", lines: int) -> None:
    """Wait until it has said so much."""
    assert process.stdout is not None
    for _ in range(lines):
        if not process.stdout.readline():
            return
