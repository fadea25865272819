"""Finding orders: search, filter, lanes; a view is an address that can be sent to a colleague."""

import re

import pytest
from playwright.async_api import expect

from protocols.commands import SetPriority
from tests.support.browser.clerk import Clerk
from tests.support.browser.operator import Enter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-finding"),
]


async def test_search_narrows_the_board_while_one_types_and_ignores_accents(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Bäckerei Süß")
    nancy = await operator("nancy")
    await nancy.open()

    await nancy.press("/")
    await nancy.page.keyboard.type("backerei suss")

    await expect(nancy.page.locator("[data-card]")).to_have_count(1)
    await expect(nancy.card(order_id)).to_be_visible()
    await expect(nancy.count("new")).to_have_text(re.compile(r"^1 of \d+$"))
    assert "q=backerei+suss" in nancy.page.url
    await nancy.page.get_by_role("button", name="Empty the search").click()
    await expect(nancy.count("new")).to_have_text(re.compile(r"^\d+$"))


async def test_a_filter_is_a_chip_and_part_of_the_address(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Chips Ahoy")
    await clerk.do(SetPriority(order_id=order_id, priority=3))
    nancy, steven = await operator("nancy"), await operator("steven")
    await nancy.open("Chips")

    await nancy.page.get_by_role("button", name="Filter", exact=True).click()
    await (
        nancy.page.get_by_role("menuitemcheckbox", name="Urgent")
        .or_(nancy.page.get_by_role("menuitemradio", name="Urgent"))
        .click()
    )

    await expect(nancy.page.get_by_text("Priority: Urgent")).to_be_visible()
    await steven.page.goto(nancy.page.url)
    await expect(steven.card(order_id)).to_be_visible()
    await expect(steven.page.get_by_text("Priority: Urgent")).to_be_visible()
    await nancy.page.get_by_role("button", name="Remove filter Priority").click()
    assert "priorities" not in nancy.page.url


async def test_a_live_change_enters_and_leaves_a_filtered_board(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Coming and Going")
    nancy = await operator("nancy")
    await nancy.page.goto(f"{nancy.address}/?q=Coming+and+Going&priorities=3")
    await expect(nancy.pill).to_have_text("Live")
    await expect(nancy.card(order_id)).to_have_count(0)

    await clerk.do(SetPriority(order_id=order_id, priority=3))
    await expect(nancy.card(order_id)).to_be_visible()
    await clerk.do(SetPriority(order_id=order_id, priority=1))

    await expect(nancy.card(order_id)).to_have_count(0)


async def test_lanes_by_priority_and_a_drag_across_them_changes_it(operator: Enter, clerk: Clerk):
    low = await clerk.place("Laned Goods 1")
    high = await clerk.place("Laned Goods 2", "confirmed")
    await clerk.do(SetPriority(order_id=high, priority=3))
    nancy = await operator("nancy")
    await nancy.open("Laned Goods")
    await nancy.page.get_by_role("button", name="Lanes: none").click()
    await nancy.page.get_by_role("menuitemradio", name="priority").click()
    urgent = nancy.page.get_by_role("region", name="Urgent")
    await expect(urgent.locator(f'[data-card="{high}"]')).to_be_visible()

    await nancy.lift(low)
    box = await urgent.locator('[data-stage="confirmed"]').bounding_box()
    assert box is not None
    await nancy.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=6)
    await expect(urgent.locator('[data-stage="confirmed"] .gap')).to_be_visible()
    await nancy.let_go()

    await expect(urgent.locator(f'[data-card="{low}"]')).to_be_visible()
    await nancy.settled(low)
    after = (await clerk.order(low)).view
    assert (after.stage_id, after.priority) == ("confirmed", 3)


async def test_an_open_order_is_part_of_the_address_and_back_closes_it(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Deep Link")
    nancy = await operator("nancy")
    await nancy.open("Deep Link")

    await nancy.card(order_id).click()
    await expect(nancy.drawer).to_contain_text("Deep Link")
    address = nancy.page.url
    await nancy.page.go_back()
    await expect(nancy.drawer).to_have_count(0)
    await nancy.page.goto(address)
    await nancy.page.reload()

    await expect(nancy.drawer).to_contain_text("Deep Link")


async def test_a_column_is_folded_and_unfolded_and_stays_so_after_a_reload(operator: Enter):
    nancy = await operator("nancy")
    await nancy.open()

    await nancy.column("delivered").get_by_role("button").click()
    await expect(nancy.column("delivered").locator("[data-card]").first).to_be_visible()
    await nancy.page.reload()

    await expect(nancy.column("delivered").locator("[data-card]").first).to_be_visible()
