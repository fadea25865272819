"""Everything an operator does, without a mouse: focus goes along, and every step is said."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.support.browser.clerk import PASSWORD, Clerk
from tests.support.browser.operator import NOBODY_YET, Enter, Office, Operator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-lost"),
]


async def _tab_to(who: Operator, target: Locator) -> None:
    """Press Tab until the target has the keyboard; fails when Tab does not lead there."""
    for _ in range(40):
        if await target.evaluate("one => one === document.activeElement"):
            return
        await who.press("Tab")
    await expect(target).to_be_focused()


async def test_signing_in_and_reaching_the_board_needs_no_mouse(office: Office, clerk: Clerk):
    order_id = await clerk.place("Keyboard Sign In")
    nancy = await office.stranger()
    await nancy.page.goto(f"{nancy.address}/?q=Keyboard+Sign+In")

    await expect(nancy.page.get_by_label("E-mail")).to_be_focused()
    await nancy.page.keyboard.type("nancy@northwind.example")
    await nancy.press("Tab")
    await nancy.page.keyboard.type(PASSWORD)
    await nancy.press("Enter")
    await expect(nancy.card(order_id)).to_be_visible()
    await _tab_to(nancy, nancy.card(order_id))

    await expect(nancy.card(order_id)).to_be_focused()
    nancy.forgive(NOBODY_YET)


async def test_a_move_by_key_keeps_the_focus_and_is_said_and_undone(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Keyboard Move")
    nancy = await operator("nancy")
    await nancy.open("Keyboard Move")
    await _tab_to(nancy, nancy.card(order_id))

    await nancy.press("Shift+ArrowRight")
    await expect(nancy.card_in("confirmed", order_id)).to_be_focused()
    await expect(nancy.said()).to_have_text(re.compile(r"NW-\d+ moved to Confirmed"))
    await nancy.press("Control+z")

    await expect(nancy.card_in("new", order_id)).to_be_focused()
    await expect(nancy.said()).to_have_text("Undone")
    await nancy.settled(order_id)
    assert (await clerk.order(order_id)).view.stage_id == "new"


async def test_the_move_dialog_is_the_way_without_dragging(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Keyboard Dialog")
    nancy = await operator("nancy")
    await nancy.open("Keyboard Dialog")
    await nancy.focus_card(order_id)

    await nancy.press("m")
    await expect(nancy.dialog.get_by_label("Stage")).to_be_focused()
    await nancy.page.keyboard.type("Prep")
    await _tab_to(nancy, nancy.dialog.get_by_role("button", name="Move", exact=True))
    await nancy.press("Enter")

    await expect(nancy.card_in("preparing", order_id)).to_be_focused()
    await expect(nancy.said()).to_have_text(re.compile(r"NW-\d+ moved to Preparing"))
    await nancy.settled(order_id)
    assert (await clerk.order(order_id)).view.stage_id == "preparing"


async def test_a_quantity_is_changed_and_taken_back_by_keys_alone(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Keyboard Quantity")
    nancy = await operator("nancy")
    await nancy.open("Keyboard Quantity")
    await nancy.focus_card(order_id)

    await nancy.press("Enter")
    await expect(nancy.drawer).to_be_focused()
    quantity = nancy.drawer.get_by_label("Quantity of Chai")
    await expect(quantity).to_have_value("6")
    await _tab_to(nancy, quantity)
    await nancy.page.keyboard.type("9")
    await nancy.press("Enter")
    await expect(nancy.card(order_id)).to_contain_text("9 items")
    await nancy.press("Escape")
    await expect(nancy.drawer).to_have_count(0)
    await expect(nancy.card(order_id)).to_be_focused()
    await nancy.settled(order_id)
    assert [line.quantity for line in (await clerk.order(order_id)).view.lines] == [9]
    await nancy.press("Control+z")

    await expect(nancy.card(order_id)).to_contain_text("6 items")
    await nancy.settled(order_id)
    assert [line.quantity for line in (await clerk.order(order_id)).view.lines] == [6]


async def test_arrows_walk_the_board_and_there_is_one_tab_stop(operator: Enter, clerk: Clerk):
    first = await clerk.place("Walking Alpha")
    second = await clerk.place("Walking Beta")
    third = await clerk.place("Walking Gamma", "confirmed")
    nancy = await operator("nancy")
    await nancy.open("Walking")

    await expect(nancy.page.locator('[data-card][tabindex="0"]')).to_have_count(1)
    await nancy.focus_card(second)
    await nancy.press("ArrowDown")
    await expect(nancy.card(first)).to_be_focused()
    await nancy.press("ArrowRight")
    await expect(nancy.card(third)).to_be_focused()
    await nancy.press("ArrowLeft", "j", "k", "End", "Home")

    await expect(nancy.card(second)).to_be_focused()
    await expect(nancy.page.locator('[data-card][tabindex="0"]')).to_have_count(1)


async def test_a_focused_card_keeps_the_keyboard_when_somebody_else_moves_it(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Moved Under Me")
    nancy = await operator("nancy")
    await nancy.open("Moved Under")
    await nancy.focus_card(order_id)

    await clerk.move(order_id, "new", "confirmed")

    await expect(nancy.card_in("confirmed", order_id)).to_be_focused()


async def test_a_card_far_down_a_long_column_can_be_reached_and_moved(operator: Enter):
    nancy = await operator("nancy")
    await nancy.open()
    await nancy.page.locator('section[data-stage="in-transit"] [data-card]').first.focus()

    await nancy.press("End")
    await nancy.press("Shift+ArrowUp")

    focused = nancy.page.locator("[data-card]:focus")
    await expect(focused).to_be_in_viewport(ratio=1)
    size = await focused.get_attribute("aria-setsize")
    await expect(focused).to_have_attribute("aria-posinset", str(int(size or 0) - 1))


async def test_x_chooses_cards_and_esc_lets_go_of_them(operator: Enter, clerk: Clerk):
    first = await clerk.place("Choosing One")
    await clerk.place("Choosing Two")
    nancy = await operator("nancy")
    await nancy.open("Choosing")
    await nancy.focus_card(first)

    await nancy.press("x", "ArrowUp", "Shift+X")

    await expect(nancy.said()).to_have_text("2 orders chosen")
    await nancy.press("Escape")
    await expect(nancy.said()).to_have_text("0 orders chosen")
    await expect(nancy.page.get_by_role("toolbar", name="Chosen orders")).to_have_count(0)


async def test_the_palette_finds_an_order_and_opens_it(operator: Enter, clerk: Clerk):
    await clerk.place("Palette Paints")
    nancy = await operator("nancy")
    await nancy.open()

    await nancy.press("Control+k")
    await expect(nancy.dialog.get_by_role("combobox")).to_be_focused()
    await nancy.page.keyboard.type("palette paints")
    await expect(nancy.dialog.get_by_role("option").first).to_contain_text("Palette Paints")
    await nancy.press("Enter")

    await expect(nancy.drawer).to_contain_text("Palette Paints")


async def test_single_keys_can_be_switched_off(operator: Enter):
    nancy = await operator("nancy")
    await nancy.open()

    await nancy.press("?")
    await nancy.dialog.get_by_label("Shortcuts of a single key").uncheck()
    await nancy.press("Escape")
    await nancy.press("n")
    await nancy.press("/")

    await expect(nancy.dialog).to_have_count(0)
    await expect(nancy.page.get_by_label("Search the board")).not_to_be_focused()
