"""Networks go, tabs die and servers fall over; what an operator did is applied once."""

import asyncio

import pytest
from playwright.async_api import expect

from protocols.vocabulary import OrderId
from tests.support.browser.clerk import Clerk
from tests.support.browser.demo import Demo
from tests.support.browser.operator import Enter, Operator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-lost"),
]

_MINUTE = 60_000


async def _stages(clerk: Clerk, ids: list[OrderId]) -> list[str]:
    return [(await clerk.order(order_id)).view.stage_id for order_id in ids]


async def _queue_moves(operator: Operator, ids: list[OrderId]) -> None:
    """Move cards by keyboard, each one stage on."""
    for order_id in ids:
        await operator.focus_card(order_id)
        await operator.press("Shift+ArrowRight")
        await expect(operator.card_in("confirmed", order_id)).to_be_visible()


async def test_a_minute_offline_loses_nothing_and_the_board_says_what_waits(
    operator: Enter, clerk: Clerk
):
    ids = [await clerk.place(f"Offline Minute {at}") for at in range(3)]
    changed_by_others = await clerk.place("Offline Minute 4")
    nancy = await operator("nancy")
    await nancy.page.clock.install()
    await nancy.open("Offline Minute")
    await expect(nancy.pill).to_have_text("Live")

    await nancy.context.set_offline(True)
    await nancy.page.clock.fast_forward(5_000)
    await expect(nancy.pill).to_have_text("Offline")
    await _queue_moves(nancy, ids)
    await expect(nancy.pill).to_have_text("Offline · 3 waiting")
    await expect(nancy.card(ids[0])).to_contain_text("waiting")
    await clerk.move(changed_by_others, "new", "preparing")
    await nancy.page.clock.fast_forward(_MINUTE)
    await expect(
        nancy.page.get_by_text("3 changes of yours are kept and sent later")
    ).to_be_visible()
    assert await _stages(clerk, ids) == ["new", "new", "new"]
    await nancy.context.set_offline(False)

    await expect(nancy.pill).to_have_text("Live")
    await expect(nancy.toast("Live again, 3 changes sent")).to_be_visible()
    await expect(nancy.card_in("preparing", changed_by_others)).to_be_visible()
    for order_id in ids:
        await nancy.settled(order_id)
    assert await _stages(clerk, ids) == ["confirmed"] * 3
    assert [await clerk.moves(order_id) for order_id in ids] == [1, 1, 1]


async def test_a_move_made_offline_that_lost_against_another_is_shown_and_can_be_redone(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Offline Conflict")
    nancy = await operator("nancy")
    await nancy.page.clock.install()
    await nancy.open("Offline Conflict")

    await nancy.context.set_offline(True)
    await nancy.page.clock.fast_forward(5_000)
    await _queue_moves(nancy, [order_id])
    await clerk.move(order_id, "new", "preparing")
    await nancy.context.set_offline(False)
    await nancy.page.clock.fast_forward(2_000)
    await nancy.toast("1 change needs you").get_by_role("button", name="Look").click()
    await expect(nancy.dialog).to_contain_text("1 change needs you")
    await expect(nancy.dialog).to_contain_text("Andrew Fuller")
    assert await _stages(clerk, [order_id]) == ["preparing"]
    await nancy.dialog.get_by_role("button", name="Do mine anyway").click()
    await nancy.press("Escape")

    await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
    await nancy.settled(order_id)
    assert await _stages(clerk, [order_id]) == ["confirmed"]


async def test_what_a_killed_tab_had_queued_is_sent_once_by_the_next_one(
    operator: Enter, clerk: Clerk
):
    ids = [await clerk.place(f"Killed Tab {at}") for at in range(3)]
    nancy = await operator("nancy")
    await nancy.page.clock.install()
    await nancy.open("Killed Tab")

    await nancy.context.set_offline(True)
    await nancy.page.clock.fast_forward(5_000)
    await _queue_moves(nancy, ids)
    await expect(nancy.pill).to_have_text("Offline · 3 waiting")
    await nancy.crash()
    await nancy.context.set_offline(False)
    await nancy.new_tab()
    await nancy.open("Killed Tab")

    for order_id in ids:
        await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
        await nancy.settled(order_id)
    assert await _stages(clerk, ids) == ["confirmed"] * 3
    assert [await clerk.moves(order_id) for order_id in ids] == [1, 1, 1]


async def test_a_drop_after_the_server_was_killed_and_came_back_is_applied_once(
    operator: Enter, clerk: Clerk, demo: Demo
):
    order_id = await clerk.place("Power Cut Ltd")
    nancy = await operator("nancy")
    await nancy.open("Power Cut")

    await nancy.lift(order_id)
    demo.kill()
    await expect(nancy.pill).not_to_have_text("Live")
    await asyncio.to_thread(demo.start)
    await nancy.carry("confirmed")
    await nancy.let_go()

    await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
    await expect(nancy.pill).to_have_text("Live", timeout=20_000)
    await nancy.settled(order_id)
    assert await _stages(clerk, [order_id]) == ["confirmed"]
    assert await clerk.moves(order_id) == 1


async def test_a_drop_while_the_server_is_away_waits_for_it(
    operator: Enter, clerk: Clerk, demo: Demo
):
    order_id = await clerk.place("Maintenance Ltd")
    nancy = await operator("nancy")
    await nancy.open("Maintenance")

    demo.kill()
    await expect(nancy.pill).not_to_have_text("Live")
    await nancy.drag(order_id, "confirmed")
    await expect(nancy.card_in("confirmed", order_id)).to_contain_text("waiting")
    await expect(nancy.pill).to_contain_text("1 waiting")
    await asyncio.to_thread(demo.start)

    await expect(nancy.pill).to_have_text("Live", timeout=20_000)
    await nancy.settled(order_id)
    assert await _stages(clerk, [order_id]) == ["confirmed"]
    assert await clerk.moves(order_id) == 1


async def test_signing_out_closes_the_live_board_in_every_tab(operator: Enter):
    nancy = await operator("nancy")
    await nancy.open()
    first = nancy.page
    await nancy.new_tab()
    await nancy.open()

    await nancy.page.get_by_role("button", name="Account of Nancy Davolio").click()
    await nancy.page.get_by_role("menuitem", name="Sign out").click()

    await expect(
        nancy.page.get_by_role("heading", name="Sign in to your order board")
    ).to_be_visible()
    await expect(first.locator("[data-card]")).to_have_count(0)
