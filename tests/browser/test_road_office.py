"""What the office does about drivers: pairs and revokes phones, decides claims, plans runs."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.support.browser.clerk import Clerk
from tests.support.browser.day import CUSTOMER, DESK, STILL_ON_THE_PHONE, disputed
from tests.support.browser.operator import Enter, Office
from tests.support.browser.phone import SMALL, Phone
from tests.support.eventually import eventually

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-dispatch"),
]


async def test_a_phone_is_paired_by_the_code_on_the_screen_and_is_out_when_it_is_revoked(
    office: Office, clerk: Clerk
) -> None:
    name = f"Pia Pair {uuid4().hex[:4]}"
    await clerk.hire(f"pia-{uuid4().hex[:8]}", name)
    andrew = await office.enter("andrew", viewport=DESK)
    await andrew.page.goto(f"{andrew.address}/settings/devices")
    await andrew.page.get_by_role("button", name="Pair a driver’s phone").click()
    await andrew.dialog.get_by_label("Driver").select_option(name)
    await andrew.dialog.get_by_role("button", name="Show code").click()
    code = await andrew.dialog.locator(".letters").inner_text()
    await expect(andrew.dialog.get_by_role("img", name="QR code")).to_be_visible()

    phone = Phone(await office.stranger(**SMALL))
    await phone.pair(code)
    await andrew.dialog.get_by_role("button", name="Close", exact=True).last.click()
    row = andrew.page.get_by_role("listitem").filter(has_text=f"Phone of {name}")
    await expect(row).to_contain_text("Connected")
    await row.get_by_role("button", name="Revoke").click()
    await andrew.dialog.get_by_role("button", name="Revoke").click()

    await expect(row).to_have_count(0)
    await expect(phone.page.locator(".pill.live")).to_have_count(0)
    await expect(phone.page.get_by_label("Code", exact=False).first).to_be_visible()
    phone.holder.complaints.clear()


async def test_a_claim_is_dismissed_out_of_the_inbox_with_a_note_for_the_journal(
    office: Office, clerk: Clerk
) -> None:
    day, other = await disputed(office, clerk)
    await day.nancy.open()
    page = day.nancy.page

    async def claimed() -> int:
        return len((await clerk.order(day.order_id)).view.claims)

    async def said() -> bool:
        return await claimed() >= 3

    await eventually(said)
    await page.get_by_role("button", name="to decide about").click()
    section = day.nancy.dialog.locator("section").filter(has_text=CUSTOMER)
    while await claimed():
        before = await claimed()
        first = section.get_by_role("article").first
        await first.get_by_placeholder("Note (optional)").fill("Bo has it")
        await first.get_by_role("button", name="Dismiss").click()

        async def decided(before: int = before) -> bool:
            return await claimed() < before

        await eventually(decided)

    await expect(section).to_have_count(0)
    # Whoever looked at the proofs may have been faster than the pictures.
    await page.goto("about:blank")
    kept = (await clerk.order(day.order_id)).view
    assert (kept.deliveries[0].driver_id, kept.category) == (other, "ready")
    notes = [
        change["note"]
        for entry in await clerk.timeline(day.order_id)
        for change in entry["changes"]
        if change["kind"] == "order.claim_settled"
    ]
    assert set(notes) == {"Bo has it"}
    day.nancy.forgive(STILL_ON_THE_PHONE)


async def test_a_plan_is_proposed_as_ghosts_and_what_is_committed_is_in_the_runs(
    operator: Enter, clerk: Clerk
) -> None:
    nancy = await operator("nancy", viewport=DESK)
    page = nancy.page
    await page.goto(f"{nancy.address}/dispatch")
    await page.get_by_role("button", name="Plan…").click()
    await page.get_by_role("button", name="Propose plan").click()

    await expect(page.get_by_role("button", name="Commit all")).to_be_visible(timeout=40_000)
    assert await page.locator(".ghost-stop").count() > 0
    async with page.expect_response("**/v1/plans/*/commit") as asked:
        await page.get_by_role("button", name="Commit all").click()

    committed = (await (await asked.value).json())["items"]
    assert committed
    assert {each["outcome"] for each in committed} == {"applied"}
    order_id, delivery_id = committed[0]["order_id"], committed[0]["delivery_id"]
    delivery = next(
        each for each in (await clerk.order(order_id)).view.deliveries if each.id == delivery_id
    )
    assert delivery.assigned_by == "planner"
    # A plan looks a day ahead, and a run is shown by days.
    assert delivery.window is not None
    day = datetime.fromtimestamp(delivery.window.opens / 1_000, UTC).date().isoformat()
    await page.get_by_label("Day", exact=True).fill(day)
    stop = f"[data-driver='{delivery.driver_id}'] [data-stop='{delivery_id}']"
    await expect(page.locator(stop)).to_be_attached()
    await expect(page.locator(".ghost-stop")).to_have_count(0)
