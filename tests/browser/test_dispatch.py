"""Dispatch: stops change hands before everybody's eyes, and nobody is robbed unseen."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from protocols.deliveries import AssignDriver
from protocols.vocabulary import DeliveryId, DriverId, OrderId
from tests.support.browser.clerk import Clerk
from tests.support.browser.held_line import HeldLine
from tests.support.browser.operator import Enter, Operator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-dispatch"),
]

JONAS = DriverId("jonas-brandt")
PETRA = DriverId("petra-vogt")


async def _dispatch(who: Operator, words: str = "") -> None:
    await who.page.goto(f"{who.address}/dispatch")
    await expect(who.page.locator("[data-driver='jonas-brandt']")).to_be_visible()
    if words:
        await who.page.get_by_role("searchbox", name="Number, customer, place").fill(words)


def _chip(who: Operator, order_id: OrderId) -> Locator:
    return who.page.locator(f"[data-stop='{order_id}-d1']")


def _run(who: Operator, driver_id: DriverId) -> Locator:
    return who.page.locator(f"[data-driver='{driver_id}']")


def _in_run(who: Operator, driver_id: DriverId, order_id: OrderId) -> Locator:
    return _run(who, driver_id).locator(f"[data-stop='{order_id}-d1']")


async def _carry(who: Operator, order_id: OrderId, target: Locator) -> None:
    """Lift a stop and hold it over a run or the tray until the place noticed."""
    # Away from the edges, where a drag scrolls.
    await target.evaluate("row => row.scrollIntoView({block: 'center'})")
    chip = await _chip(who, order_id).bounding_box()
    there = await target.locator("header").bounding_box()
    assert chip is not None
    assert there is not None
    await who.page.mouse.move(chip["x"] + 30, chip["y"] + 20)
    await who.page.mouse.down()
    await who.page.mouse.move(chip["x"] + 42, chip["y"] + 24, steps=3)
    await expect(who.page.locator("html.dragging")).to_be_attached()
    await who.page.mouse.move(there["x"] + 280, there["y"] + 20, steps=6)
    await expect(target).to_have_class(re.compile(r"\bover\b"))


async def _assign(clerk: Clerk, order_id: OrderId, to: DriverId | None) -> None:
    order = (await clerk.order(order_id)).view
    await clerk.do(
        AssignDriver(
            order_id=order_id,
            from_driver=order.deliveries[0].driver_id,
            to_driver=to,
            delivery_id=DeliveryId(f"{order_id}-d1"),
        )
    )


async def _driver_of(clerk: Clerk, order_id: OrderId) -> str | None:
    return (await clerk.order(order_id)).view.deliveries[0].driver_id


async def test_a_stop_dragged_into_a_run_is_there_for_every_dispatcher_and_undo_takes_it_back(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Drag Into Run", "ready")
    nancy, steven = await operator("nancy"), await operator("steven")
    await asyncio.gather(_dispatch(nancy, "Drag Into Run"), _dispatch(steven))

    await _carry(nancy, order_id, _run(nancy, JONAS))
    await nancy.let_go()

    await expect(_in_run(nancy, JONAS, order_id)).to_be_visible()
    await expect(_in_run(steven, JONAS, order_id)).to_be_attached()
    await expect(_chip(nancy, order_id)).not_to_have_class(re.compile(r"\bpending\b"))
    assert await _driver_of(clerk, order_id) == JONAS
    await nancy.toast("Jonas Brandt").get_by_role("button", name="Undo").click()
    await expect(_in_run(nancy, JONAS, order_id)).to_have_count(0)
    await expect(_in_run(steven, JONAS, order_id)).to_have_count(0)
    await expect(_chip(nancy, order_id)).not_to_have_class(re.compile(r"\bpending\b"))
    assert await _driver_of(clerk, order_id) is None


async def test_who_comes_second_sees_where_the_stop_went_and_may_insist(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Second Hand", "ready")
    nancy = await operator("nancy")
    line = await HeldLine.to(nancy)
    await _dispatch(nancy, "Second Hand")

    line.hold()
    await _assign(clerk, order_id, PETRA)
    await _carry(nancy, order_id, _run(nancy, JONAS))
    await nancy.let_go()
    await expect(_in_run(nancy, JONAS, order_id)).to_be_visible()
    line.release()

    await expect(_in_run(nancy, PETRA, order_id)).to_be_attached()
    toast = nancy.toast("Andrew Fuller")
    await expect(toast).to_be_visible()
    assert await _driver_of(clerk, order_id) == PETRA
    await toast.get_by_role("button", name="Do it anyway").click()
    await expect(_in_run(nancy, JONAS, order_id)).to_be_visible()
    await expect(_chip(nancy, order_id)).not_to_have_class(re.compile(r"\bpending\b"))
    assert await _driver_of(clerk, order_id) == JONAS


async def test_stops_are_given_sorted_and_taken_away_by_keyboard_alone(
    operator: Enter, clerk: Clerk
):
    one = await clerk.place("Keys Only One", "ready")
    two = await clerk.place("Keys Only Two", "ready")
    nancy = await operator("nancy")
    await _dispatch(nancy, "Keys Only")

    for order_id in (one, two):
        await _chip(nancy, order_id).focus()
        await nancy.press("m")
        await nancy.dialog.get_by_label("To the run of").select_option("Paolo Ferri")
        await nancy.dialog.get_by_role("button", name="Move").click()
        await expect(_in_run(nancy, DriverId("paolo-ferri"), order_id)).to_be_focused()
    before = [await _place(nancy, one), await _place(nancy, two)]
    await nancy.press("Shift+ArrowLeft")
    await expect(_chip(nancy, two)).not_to_have_class(re.compile(r"\bpending\b"))

    assert [await _place(nancy, two), await _place(nancy, one)] == before
    await expect(_chip(nancy, two)).to_be_focused()
    await nancy.press("Backspace")
    await expect(_run(nancy, DriverId("")).locator(f"[data-stop='{two}-d1']")).to_be_visible()


async def _place(who: Operator, order_id: OrderId) -> int:
    return int(await _chip(who, order_id).locator(".place").inner_text())


async def test_a_whole_run_goes_to_another_driver_in_its_order_and_pinned_stops_stay(
    operator: Enter, clerk: Clerk
):
    walt, marie = DriverId("walt-jensen"), DriverId("marie-tremblay")
    orders = [await clerk.place(f"Whole Run {at}", "ready") for at in range(3)]
    nancy = await operator("nancy")
    for order_id in orders:
        await _assign(clerk, order_id, walt)
    await _dispatch(nancy)
    await _chip(nancy, orders[1]).focus()
    await nancy.press("p")
    await expect(_chip(nancy, orders[1])).to_have_accessible_name(re.compile("pinned"))

    await _run(nancy, walt).get_by_role("button", name="Actions on the run").click()
    await nancy.page.get_by_role("menuitem", name="Give the whole run to…").click()
    await nancy.dialog.get_by_label("To", exact=True).select_option(marie)
    await nancy.dialog.get_by_role("button", name="Give the run").click()

    await expect(_in_run(nancy, marie, orders[0])).to_be_attached()
    await expect(_in_run(nancy, marie, orders[2])).to_be_attached()
    await expect(_in_run(nancy, walt, orders[1])).to_be_attached()
    await expect(_chip(nancy, orders[2])).not_to_have_class(re.compile(r"\bpending\b"))
    assert await _place(nancy, orders[0]) < await _place(nancy, orders[2])


async def test_the_screens_have_addresses_and_keys(operator: Enter):
    nancy = await operator("nancy")
    await nancy.open()

    await nancy.press("g", "d")
    await expect(nancy.page).to_have_url(re.compile(r"/dispatch$"))
    await expect(nancy.page.locator("[data-driver='jonas-brandt']")).to_be_visible()
    await nancy.page.go_back()
    await expect(nancy.page.locator("[data-card]").first).to_be_visible()
    await expect(nancy.page).not_to_have_url(re.compile("dispatch"))


async def test_a_delivery_is_split_and_every_piece_is_in_one_of_the_two(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Split In Two", "ready", products=("nw-001", "nw-002"))
    nancy = await operator("nancy")
    await nancy.open("Split In Two", f"#/order/{order_id}")
    await nancy.drawer.get_by_role("tab", name="Deliveries").click()
    await nancy.drawer.get_by_role("button", name="Split…").click()

    await nancy.drawer.get_by_role("button", name="Split", exact=True).click()
    await expect(nancy.drawer.get_by_text("Choose at least one piece.")).to_be_visible()
    await nancy.drawer.get_by_role("spinbutton", name="How many of").first.fill("4")
    await nancy.drawer.get_by_role("button", name="Split", exact=True).click()

    await expect(nancy.drawer.get_by_role("article", name="Delivery 2")).to_be_visible()
    deliveries = (await clerk.order(order_id)).view.deliveries
    brought = [{take.line_id: take.quantity for take in each.brings} for each in deliveries]
    assert brought == [{f"{order_id}-l1": 2, f"{order_id}-l2": 6}, {f"{order_id}-l1": 4}]
    await expect(nancy.card(order_id)).to_contain_text("0/2")
