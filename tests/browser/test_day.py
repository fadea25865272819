"""One order's whole day, as the three kinds of people see it."""

import pytest
from playwright.async_api import Page, expect

from tests.support.browser.clerk import Clerk
from tests.support.browser.day import (
    CUSTOMER,
    DRIVER,
    STILL_ON_THE_PHONE,
    disputed,
    morning,
)
from tests.support.browser.operator import Office
from tests.support.eventually import eventually

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-day"),
]


async def test_an_order_is_assigned_changed_delivered_offline_and_shown_on_board_and_wall(
    office: Office, clerk: Clerk
) -> None:
    seen: list[str] = []

    async def look(name: str, page: Page) -> None:
        assert not page.is_closed()
        seen.append(name)

    day = await morning(office, clerk, look)

    await day.assign()
    await day.change()
    await day.deliver_and_die()
    await day.come_back()

    done = (await clerk.order(day.order_id)).view.deliveries[0]
    assert [proof.kind for proof in done.proofs] == ["signature", "photo"]
    assert done.receipt is not None
    assert done.receipt.word == "acknowledged"
    assert len(seen) == 8
    day.nancy.forgive(STILL_ON_THE_PHONE)
    await expect(day.wall.locator('[data-freshness="live"]')).to_be_visible()
    await expect(day.wall.locator("body")).not_to_contain_text(DRIVER)


async def test_a_stop_reassigned_while_its_driver_is_offline_and_delivers_is_kept_as_a_claim(
    office: Office, clerk: Clerk
) -> None:
    day, other = await disputed(office, clerk)

    await day.nancy.open(CUSTOMER)
    await day.nancy.card(day.order_id).click()
    drawer = day.nancy.drawer
    await drawer.get_by_role("tab", name="Deliveries").click()
    await expect(drawer.get_by_text(f"{DRIVER} says").first).to_be_visible()
    assert (await clerk.order(day.order_id)).view.deliveries[0].driver_id == other
    while (await clerk.order(day.order_id)).view.claims:
        before = len((await clerk.order(day.order_id)).view.claims)
        await drawer.get_by_role("button", name="Believe driver").first.click()

        async def decided(before: int = before) -> bool:
            return len((await clerk.order(day.order_id)).view.claims) < before

        await eventually(decided)

    # The drawer asks again by itself until the pictures are there.
    await expect(drawer.get_by_text("Still on the phone")).to_have_count(0, timeout=40_000)
    day.nancy.forgive(STILL_ON_THE_PHONE)
    settled = (await clerk.order(day.order_id)).view
    assert settled.category == "done"
    assert settled.deliveries[0].driver_id == day.driver_id
    assert [proof.kind for proof in settled.deliveries[0].proofs] == ["signature", "photo"]
