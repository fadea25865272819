"""One move over real sockets, with one assertion per step of `docs/ONE_MOVE.md`, in its order.

The server is the product's own process, the people are SDK clients on sockets of their own. What
happens inside the server is asserted where it comes out: in verdicts, channels and the journal.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import pytest_asyncio
from kanvoy_client.channel import Key
from kanvoy_client.client import Client, accepted, connect
from kanvoy_client.commands import MoveOrder
from kanvoy_client.from_server import Rejected
from kanvoy_client.login import Cookie, sign_in
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.rejections import Stale
from kanvoy_client.views import CardView
from kanvoy_client.vocabulary import ClientId, OrderId, StageId

from protocols.from_client import Submit
from tests.support.process import ROOT, Running, running
from tools.check_trace import DOCUMENT, problems, steps

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("demo"), pytest.mark.timeout(120)]

_NEW, _CONFIRMED, _PREPARING = StageId("new"), StageId("confirmed"), StageId("preparing")


@dataclass
class Scene:
    """Anna, who moves; Ben and Wilma, who watch; and the card before anybody touched it."""

    server: Running
    cookie: Cookie
    outbox: MemoryOutbox
    anna: Client
    ben: Client
    wilma: Client
    order_id: OrderId

    def card(self, client: Client, channel: str = "board") -> CardView:
        """The card as this client shows it."""
        view = client.replica.view(channel, Key("order", self.order_id))
        assert isinstance(view, CardView)
        return view

    async def over_http(self, method: str, path: str, **request: Any) -> Any:
        """What the other door answers Anna."""
        headers = {
            "cookie": self.cookie.cookie,
            "origin": self.cookie.origin,
            "x-kanvoy-csrf": self.cookie.csrf,
            **request.pop("headers", {}),
        }
        async with httpx.AsyncClient(base_url=self.server.address, trust_env=False) as door:
            answer = await door.request(method, path, headers=headers, **request)
        return answer.json()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A freshly filled demo."""
    folder = tmp_path_factory.mktemp("one-move")
    with running("demo", folder=folder, KANVOY_DRAIN_SECONDS="1") as server:
        yield server


@pytest_asyncio.fixture
async def scene(server: Running) -> AsyncIterator[Scene]:
    """Three people before the server, and a card that may go on."""
    async with AsyncExitStack() as stack:
        outbox = MemoryOutbox(ClientId(f"anna-{uuid4()}"))
        cookie = await _cookie(server, "nancy")
        socket = f"{server.address.replace('http', 'ws')}/v1/realtime"
        anna = await stack.enter_async_context(connect(socket, cookie, outbox=outbox))
        ben = await stack.enter_async_context(connect(socket, await _cookie(server, "steven")))
        wilma = await stack.enter_async_context(
            connect(socket, await _cookie(server, "wilma"), codec="msgpack")
        )
        board = await anna.watch("board")
        order_id = next(
            OrderId(key.id)
            for key, held in board.items.items()
            if isinstance(held.view, CardView)
            and held.view.stage_id == _NEW
            and held.view.hold is None
        )
        await ben.watch("board")
        await ben.watch(f"order:{order_id}")
        await wilma.watch("board~masked")
        yield Scene(server, cookie, outbox, anna, ben, wilma, order_id)


async def _cookie(server: Running, name: str) -> Cookie:
    email = f"{name}@northwind.example"
    return await sign_in(server.address, email=email, password="password")


@pytest.mark.asyncio
async def test_one_move_from_the_gesture_to_the_other_screen(scene: Scene):
    anna, ben, key = scene.anna, scene.ben, Key("order", scene.order_id)
    before = anna.replica.channels["board"].items[key]
    neighbour = next(
        OrderId(other.id)
        for other, held in anna.replica.channels["board"].items.items()
        if isinstance(held.view, CardView) and held.view.stage_id == _CONFIRMED
    )

    # 1: the gesture is an intent that names where the card was and what it was dropped beside
    intent = MoveOrder(
        order_id=scene.order_id, from_stage=_NEW, to_stage=_CONFIRMED, before_id=neighbour
    )
    assert msgspec.to_builtins(intent)["kind"] == "move_order"

    # 2: it is kept with its number before anything was sent
    number = anna.issue(intent, base_version=before.version)
    assert [kept.number for kept in scene.outbox.pending()] == [number]

    # 3: what is sent is the message the protocol knows, with the version that was seen
    frame = msgspec.json.encode(scene.outbox.pending()[0])
    sent = msgspec.json.decode(frame, type=Submit)
    assert (sent.number, sent.base_version) == (number, before.version)

    # 4: the session answers exactly this number
    receipt = accepted(await anna.verdict(number))
    assert receipt.number == number

    # 5: it is durable together with its verdict: asked again, by any door, the answer is the same
    again = await scene.over_http(
        "POST",
        "/v1/commands",
        content=frame.replace(b'"type":"command",', b""),
        headers={"content-type": "application/json", "x-kanvoy-client": scene.outbox.client_id},
    )
    assert (again["sequence"], again["outcome"]) == (receipt.sequence, "applied")

    # 6: the rule itself: whoever still takes the card from where it was is refused with the reason
    late = await ben.submit(
        MoveOrder(order_id=scene.order_id, from_stage=_NEW, to_stage=_PREPARING),
        base_version=before.version,
    )
    assert isinstance(late, Rejected)
    assert isinstance(late.rejection, Stale)
    assert [(each.group, each.by_name) for each in late.rejection.conflicts] == [
        ("stage", "Nancy Davolio")
    ]

    # 7: the committed row became one op of each channel it concerns, and no more than one version
    await ben.seen("board", receipt.sequence)
    await ben.seen(f"order:{scene.order_id}", receipt.sequence)
    shown = [ben.replica.channels[name].items[key].version for name in ("board", f"order:{key.id}")]
    assert shown == [before.version + 1] * 2

    # 8: it went into every watching socket, to each as much as that person may see
    await scene.wilma.seen("board~masked", receipt.sequence)
    masked = scene.card(scene.wilma, "board~masked")
    assert (masked.stage_id, masked.total) == (_CONFIRMED, None)

    # 2′: Ben's screen applied it where Anna dropped it, and for Anna nothing is pending any more
    card = scene.card(ben)
    assert card.stage_id == _CONFIRMED
    assert card.rank < anna.replica.channels["board"].items[Key("order", neighbour)].view.rank
    assert scene.outbox.pending() == ()


@pytest.mark.asyncio
async def test_the_journal_tells_the_move_once(scene: Scene):
    intent = MoveOrder(order_id=scene.order_id, from_stage=_NEW, to_stage=_CONFIRMED)

    receipt = accepted(await scene.anna.submit(intent))

    timeline = await scene.over_http("GET", f"/v1/orders/{scene.order_id}/timeline")
    newest = timeline["items"][0]
    assert (newest["sequence"], newest["by_name"]) == (receipt.sequence, "Nancy Davolio")
    assert [change["kind"] for change in newest["changes"]] == ["order.stage_changed"]


def test_the_tour_names_what_there_is_and_has_eight_steps():
    tour = steps((ROOT / DOCUMENT).read_text(encoding="utf-8"))

    assert [step.number for step in tour] == [1, 2, 3, 4, 5, 6, 7, 8, None]
    assert problems(ROOT) == []
