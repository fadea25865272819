"""Two people work on one board: what one does, the other sees, and nobody overwrites anybody."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from protocols.commands import AddLines, NewLine, SetPriority
from protocols.vocabulary import LineId, ProductId
from tests.support.browser.clerk import Clerk
from tests.support.browser.held_line import HeldLine
from tests.support.browser.operator import Enter, Operator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-two"),
]


async def _both(operator: Enter, query: str) -> tuple[Operator, Operator]:
    nancy, steven = await operator("nancy"), await operator("steven")
    await asyncio.gather(nancy.open(query), steven.open(query))
    return nancy, steven


async def test_of_two_drags_of_one_card_in_the_same_moment_exactly_one_is_applied(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Same Moment Ltd")
    nancy, steven = await operator("nancy"), await operator("steven")
    hers, his = await HeldLine.to(nancy), await HeldLine.to(steven)
    await asyncio.gather(nancy.open("Same Moment"), steven.open("Same Moment"))
    before = await clerk.order(order_id)

    await asyncio.gather(nancy.lift(order_id), steven.lift(order_id))
    await asyncio.gather(nancy.carry("confirmed"), steven.carry("preparing"))
    hers.hold()
    his.hold()
    await asyncio.gather(nancy.let_go(), steven.let_go())
    await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
    await expect(steven.card_in("preparing", order_id)).to_be_visible()
    hers.release()
    his.release()
    await asyncio.gather(nancy.settled(order_id), steven.settled(order_id))

    after = await clerk.order(order_id)
    won = after.view.stage_id == "confirmed"
    winner, loser = (nancy, steven) if won else (steven, nancy)
    name, stage = ("Nancy Davolio", "Confirmed") if won else ("Steven Buchanan", "Preparing")
    await expect(loser.toast(f"was already moved to {stage} by {name}")).to_be_visible()
    await expect(loser.card_in(after.view.stage_id, order_id)).to_contain_text("first")
    await expect(winner.toast("was already moved")).to_have_count(0)
    assert after.version == before.version + 1
    assert sorted(hers.verdicts + his.verdicts) == ["receipt", "rejected"]


async def test_who_came_second_learns_who_was_first_and_may_insist(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("First Come GmbH")
    nancy = await operator("nancy")
    line = await HeldLine.to(nancy)
    await nancy.open("First Come")

    line.hold()
    await clerk.move(order_id, "new", "preparing")
    await nancy.drag(order_id, "confirmed")
    await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
    line.release()
    toast = nancy.toast("was already moved to Preparing by Andrew Fuller")
    await expect(nancy.card_in("preparing", order_id)).to_contain_text("first")
    assert (await clerk.order(order_id)).view.stage_id == "preparing"
    await toast.get_by_role("button", name="Move to Confirmed anyway").click()

    await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
    await expect(nancy.card(order_id)).not_to_contain_text("first")
    await nancy.settled(order_id)
    assert (await clerk.order(order_id)).view.stage_id == "confirmed"


async def test_a_card_that_moves_while_it_is_dragged_says_so_and_esc_accepts_it(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Underway AB")
    nancy = await operator("nancy")
    await nancy.open("Underway")

    await nancy.lift(order_id)
    await nancy.carry("confirmed")
    await clerk.move(order_id, "new", "preparing")
    ghost = nancy.page.locator(".ghost")
    await expect(ghost).to_have_attribute("data-says", "Andrew F. moved this to Preparing")
    await nancy.press("Escape")

    await expect(nancy.card_in("preparing", order_id)).to_be_visible()
    await nancy.let_go()
    assert (await clerk.order(order_id)).view.stage_id == "preparing"


async def test_a_move_in_one_browser_shows_in_the_other_without_a_reload(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Live Wire Inc")
    nancy, steven = await _both(operator, "Live Wire")
    await expect(steven.count("new")).to_have_text(re.compile(r"^1\b"))

    await nancy.drag(order_id, "confirmed")

    await expect(steven.card_in("confirmed", order_id)).to_be_visible()
    await expect(steven.card(order_id).locator(".flash")).to_be_attached()
    await expect(nancy.card(order_id).locator(".flash")).to_have_count(0)
    await expect(steven.count("new")).to_have_text(re.compile(r"^0\b"))
    await expect(steven.count("confirmed")).to_have_text(re.compile(r"^1\b"))
    assert len(steven.frames.said("hello")) == 1


async def test_a_new_order_appears_on_the_other_board(operator: Enter):
    nancy, steven = await _both(operator, "Aniseed")
    page = nancy.page

    await page.get_by_role("button", name="New order").click()
    await nancy.dialog.get_by_label("Customer", exact=True).fill("Brand New Bistro")
    await page.get_by_role("option", name="Use “Brand New Bistro”").click()
    await nancy.dialog.get_by_label("Add a product or any text").fill("Aniseed")
    await page.get_by_role("option", name="Aniseed Syrup").click()
    await nancy.dialog.get_by_label("Quantity of Aniseed Syrup").fill("7")
    await nancy.dialog.get_by_role("button", name="Create order").click()

    new = steven.column("new").get_by_role("listitem").filter(has_text="Brand New Bistro")
    await expect(new).to_be_visible()
    await expect(new).to_contain_text("7 items")
    await expect(nancy.dialog).to_have_count(0)


async def test_colleagues_show_who_is_here_and_who_moves_a_card(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Presence of Mind")
    nancy, steven = await _both(operator, "Presence of")
    await expect(
        steven.page.get_by_role("list", name="Also on this board").get_by_role(
            "img", name="Nancy Davolio"
        )
    ).to_be_visible()

    await nancy.lift(order_id)

    await expect(steven.card(order_id)).to_contain_text("Nancy D. is moving")
    await nancy.press("Escape")
    await nancy.let_go()
    await expect(steven.card(order_id)).not_to_contain_text("is moving")


async def test_fields_of_two_people_in_one_order_merge_and_the_same_field_asks(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Merge & Co", products=("nw-001", "nw-002"))
    nancy, steven = await _both(operator, "Merge")
    for each in (nancy, steven):
        await each.card(order_id).click()
        await expect(each.drawer.get_by_label("Quantity of Chai")).to_have_value("6")
    chai, chang = (nancy.drawer.get_by_label(f"Quantity of {name}") for name in ("Chai", "Chang"))
    his_chai, his_chang = (
        steven.drawer.get_by_label(f"Quantity of {name}") for name in ("Chai", "Chang")
    )

    await chai.fill("12")
    await his_chang.fill("9")
    await his_chang.press("Enter")
    await expect(chang).to_have_value("9")
    await expect(chai).to_have_value("12")
    await expect(chai).to_be_focused()
    await his_chai.fill("8")
    await his_chai.press("Enter")
    merge = nancy.drawer.get_by_role("alert")
    await expect(merge).to_contain_text("Yours 12")
    await expect(merge).to_contain_text(re.compile(r"Steven Buchanan saved 8 at .+ \(was 6\)"))
    await expect(chai).to_have_value("12")
    await expect(chai).to_be_focused()
    await merge.get_by_role("button", name="Keep 12").click()

    await expect(merge).to_have_count(0)
    await expect(his_chai).to_have_value("12")
    quantities = [line.quantity for line in (await clerk.order(order_id)).view.lines]
    assert quantities == [12, 9]


async def test_taking_the_other_value_leaves_everything_as_it_was_saved(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Take It Easy")
    nancy, steven = await _both(operator, "Take It")
    for each in (nancy, steven):
        await each.card(order_id).click()
        await expect(each.drawer.get_by_label("Quantity of Chai")).to_be_visible()

    await nancy.drawer.get_by_label("Quantity of Chai").fill("12")
    await steven.drawer.get_by_label("Quantity of Chai").fill("8")
    await steven.drawer.get_by_label("Quantity of Chai").press("Enter")
    await nancy.drawer.get_by_role("button", name="Take 8").click()

    await expect(nancy.drawer.get_by_label("Quantity of Chai")).to_have_value("8")
    await expect(nancy.drawer.get_by_role("alert")).to_have_count(0)
    assert [line.quantity for line in (await clerk.order(order_id)).view.lines] == [8]


async def test_a_bulk_move_reports_each_order_that_stayed_with_its_reason(
    operator: Enter, clerk: Clerk
):
    ids = [await clerk.place(f"Bulk Trading {at}") for at in range(4)]
    nancy = await operator("nancy")
    line = await HeldLine.to(nancy)
    await nancy.open("Bulk Trading")
    for order_id in ids:
        await nancy.card(order_id).click(modifiers=["Control"])
    await expect(nancy.page.get_by_role("toolbar", name="Chosen orders")).to_contain_text(
        "4 chosen"
    )

    line.hold()
    await clerk.move(ids[1], "new", "preparing")
    await nancy.lift(ids[0])
    await nancy.carry("confirmed")
    await nancy.let_go()
    await expect(nancy.card_in("confirmed", ids[3])).to_be_visible()
    line.release()
    toast = nancy.toast("3 done, 1 not")
    await toast.get_by_role("button", name="Review 1").click()

    await expect(nancy.dialog).to_contain_text("1 order stayed as it was")
    await expect(nancy.dialog).to_contain_text("Bulk Trading 1")
    await expect(nancy.dialog).to_contain_text("Andrew Fuller changed the stage")
    stages = [(await clerk.order(order_id)).view.stage_id for order_id in ids]
    assert stages == ["confirmed", "preparing", "confirmed", "confirmed"]

    await nancy.dialog.get_by_role("button", name="Try again").click()
    await nancy.press("Escape")

    await expect(nancy.card_in("confirmed", ids[1])).to_be_visible()
    await nancy.settled(ids[1])
    assert (await clerk.order(ids[1])).view.stage_id == "confirmed"


async def test_undo_of_a_move_that_somebody_else_built_on_is_refused_with_the_reason(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("No Way Back")
    nancy = await operator("nancy")
    await nancy.open("No Way Back")

    await nancy.drag(order_id, "confirmed")
    await nancy.settled(order_id)
    await clerk.move(order_id, "confirmed", "preparing")
    await expect(nancy.card_in("preparing", order_id)).to_be_visible()
    await nancy.focus_card(order_id)
    await nancy.press("Control+z")

    await expect(nancy.toast("Cannot simply undo: Andrew Fuller changed the stage")).to_be_visible()
    await expect(nancy.card_in("preparing", order_id)).to_be_visible()
    assert (await clerk.order(order_id)).view.stage_id == "preparing"


async def test_a_refused_undo_offers_to_set_the_stage_back_openly(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Back Openly")
    await clerk.move(order_id, "new", "confirmed")
    nancy = await operator("nancy")
    await nancy.open("Back Openly")
    await nancy.drag(order_id, "new")
    await nancy.settled(order_id)
    await clerk.move(order_id, "new", "preparing")
    await expect(nancy.card_in("preparing", order_id)).to_be_visible()

    await nancy.focus_card(order_id)
    await nancy.press("Control+z")
    toast = nancy.toast("Cannot simply undo")
    await toast.get_by_role("button", name="Set back to Confirmed").click()

    await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
    await nancy.settled(order_id)
    assert (await clerk.order(order_id)).view.stage_id == "confirmed"


async def test_undo_leaves_alone_what_somebody_else_changed_in_another_field(
    operator: Enter, clerk: Clerk
):
    order_id = await clerk.place("Other Field plc")
    nancy = await operator("nancy")
    await nancy.open("Other Field")

    await nancy.drag(order_id, "confirmed")
    await nancy.settled(order_id)
    await clerk.do(SetPriority(order_id=order_id, priority=3))
    more = NewLine(line_id=LineId(f"{order_id}-l9"), product_id=ProductId("nw-002"), quantity=1)
    await clerk.do(AddLines(order_id=order_id, lines=[more]))
    await expect(nancy.card(order_id)).to_contain_text("7 items")
    await nancy.toast("moved to Confirmed").get_by_role("button", name="Undo").click()

    await expect(nancy.card_in("new", order_id)).to_contain_text("Urgent")
    await nancy.settled(order_id)
    after = (await clerk.order(order_id)).view
    assert (after.stage_id, after.priority, len(after.lines)) == ("new", 3, 2)
