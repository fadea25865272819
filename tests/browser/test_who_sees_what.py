"""Nobody sees what is not theirs, and nothing that people type becomes code."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Response, expect

from protocols.commands import AddNote, SetAddress, SetCustomer, SetQuantity
from protocols.values import Address, Party
from protocols.vocabulary import LineId, NoteId
from tests.support.browser.clerk import Clerk
from tests.support.browser.operator import NOBODY_YET, Enter, Office

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-finding"),
]

_ATTACKS = (
    "<img src=x onerror=window.hacked=1>",
    "<script>window.hacked=1</script>",
    "{{constructor.constructor('window.hacked=1')()}}",
    '"><svg onload=window.hacked=1>',
)


async def test_what_people_type_is_shown_as_text_and_never_runs(operator: Enter, clerk: Clerk):
    image, script, template, svg = _ATTACKS
    order_id = await clerk.place(f"Attack {image}")
    party = Party(name=f"Attack {image}", contact=script, email="x@y.example", phone=svg)
    await clerk.do(SetCustomer(order_id=order_id, customer=party))
    address = Address(name=svg, street=script, city=image, instructions=template)
    await clerk.do(SetAddress(order_id=order_id, which="shipping", address=address))
    await clerk.do(AddNote(order_id=order_id, note_id=NoteId(f"{order_id}-n"), text=script))
    nancy = await operator("nancy")
    await nancy.open("Attack")

    await expect(nancy.card(order_id)).to_contain_text(f"Attack {image}")
    await nancy.card(order_id).hover()
    await nancy.card(order_id).click()
    await expect(nancy.drawer).to_contain_text(svg)
    for tab in ("Notes", "History"):
        await nancy.drawer.get_by_role("tab", name=tab).click()
        await expect(nancy.drawer).to_contain_text(script)
    await nancy.press("Control+k")
    await expect(nancy.dialog.get_by_role("combobox")).to_be_focused()
    await nancy.page.keyboard.type("attack")
    await expect(nancy.dialog.get_by_role("option").first).to_contain_text(image)

    assert await nancy.page.evaluate("'hacked' in window") is False
    assert await nancy.page.locator("img[src=x], svg[onload]").count() == 0


async def test_pages_come_with_a_policy_that_lets_no_inline_code_run(operator: Enter):
    nancy = await operator("nancy")
    answer = await nancy.page.goto(nancy.address)
    assert answer is not None
    policy = answer.headers["content-security-policy"]

    ran = await nancy.page.evaluate(
        """() => { const script = document.createElement('script');
            try { script.textContent = 'window.inline = 1'; document.body.append(script); }
            catch { return 'refused'; }
            return 'inline' in window ? 'ran' : 'blocked'; }"""
    )

    assert "unsafe" not in policy
    assert ran in {"refused", "blocked"}
    nancy.complaints.clear()


_MONEY = re.compile(r"[$€]\s?\d")

_PRICED = {
    *("unit_price", "list_price", "price", "amount", "sum", "total", "totals"),
    *("discount", "discounts", "charges"),
}


def _prices(message: object) -> Iterator[tuple[str, object]]:
    """Every price a message tells, however deep."""
    if isinstance(message, list):
        for item in message:
            yield from _prices(item)
    if isinstance(message, dict):
        for name, value in message.items():
            if name in _PRICED and value not in (None, 0, [], {}):
                yield name, value
            yield from _prices(value)


async def test_the_warehouse_meets_no_price_on_the_screen_nor_on_the_wire(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Priceless Goods", "preparing")
    wilma = await operator("wilma")
    answers: list[object] = []

    async def keep(answer: Response) -> None:
        if "json" in answer.headers.get("content-type", ""):
            answers.append(await answer.json())

    wilma.page.on("response", keep)
    await wilma.open("Priceless")
    await wilma.card(order_id).click()
    await expect(wilma.drawer).to_contain_text("Chai")
    await expect(wilma.drawer.get_by_label("Price of Chai")).to_have_count(0)
    await clerk.do(SetQuantity(order_id=order_id, line_id=LineId(f"{order_id}-l1"), quantity=9))
    await expect(wilma.card(order_id)).to_contain_text("9 items")

    told = [json.loads(frame) for frame in wilma.frames.received] + answers
    assert len(told) > 5
    assert list(_prices(told)) == []
    assert _MONEY.findall(await wilma.page.locator("body").inner_text()) == []
    assert "18.00" not in await wilma.page.content()


async def test_the_warehouse_reads_the_history_without_prices(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Priceless Past", "preparing")
    wilma = await operator("wilma")
    await wilma.open("Priceless Past")
    await wilma.card(order_id).click()

    await wilma.drawer.get_by_role("tab", name="History").click()

    await expect(wilma.drawer).to_contain_text("Order placed", timeout=3_000)
    assert _MONEY.findall(await wilma.drawer.inner_text()) == []


async def test_whoever_may_see_prices_is_told_them(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Priced Goods")
    nancy = await operator("nancy")
    await nancy.open("Priced Goods")

    await expect(nancy.card(order_id)).to_contain_text("$108.00")

    assert list(_prices([json.loads(frame) for frame in nancy.frames.received])) != []


async def test_another_tenant_sees_nothing_of_it(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Northwind Secret")
    greta = await operator("greta")
    await greta.open()
    await expect(greta.page.locator("[data-card]").first).to_be_visible()

    answer = await greta.context.request.get(f"{greta.address}/v1/orders/{order_id}")
    await greta.page.evaluate(f"location.hash = '#/order/{order_id}'")
    await expect(greta.drawer).to_contain_text("This order is not here")
    await greta.drawer.get_by_role("button", name="Close").click()
    await clerk.move(order_id, "new", "confirmed")
    own = greta.page.locator("[data-card]").first
    await own.focus()
    await greta.press("Shift+ArrowRight")
    await greta.settled(await own.get_attribute("data-card") or "")

    heard = "".join(greta.frames.received).lower()
    assert answer.status == 404
    assert "kornblume" in heard
    assert not any(word in heard for word in ("northwind", "nw-", "secret"))
    assert "northwind" not in (await greta.page.content()).lower()


async def test_a_stranger_gets_the_sign_in_and_a_wrong_password_one_sentence(office: Office):
    stranger = await office.stranger()
    await stranger.page.goto(stranger.address)

    await stranger.page.get_by_label("E-mail").fill("nancy@northwind.example")
    await stranger.page.get_by_label("Password").fill("guess")
    await stranger.page.get_by_role("button", name="Sign in").click()

    await expect(stranger.page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    await expect(stranger.page.locator("[data-card]")).to_have_count(0)
    stranger.forgive(NOBODY_YET)
