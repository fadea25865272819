"""Every screen by the rules of WCAG 2.2 AA, in light and in dark, as axe-core judges it."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from protocols.commands import AddNote
from protocols.vocabulary import NoteId
from tests.support.browser.axe import violations
from tests.support.browser.clerk import Clerk
from tests.support.browser.held_line import HeldLine
from tests.support.browser.operator import NOBODY_YET, Enter, Office, Operator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-axe"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def nancy(operator: Enter) -> Operator:
    """Nancy before the whole board."""
    nancy = await operator("nancy")
    await nancy.open()
    await expect(nancy.page.locator("[data-card]").first).to_be_visible()
    return nancy


async def _both_themes(who: Operator) -> list[str]:
    found = await violations(who.page)
    await who.page.emulate_media(color_scheme="dark")
    return found + await violations(who.page)


async def test_the_judge_sees_what_is_wrong(nancy: Operator):
    await nancy.page.evaluate(
        "document.querySelector('main').append(document.createElement('button'))"
    )

    assert [found.split()[0] for found in await violations(nancy.page)] == ["button-name"]


async def test_the_sign_in(office: Office):
    stranger = await office.stranger()
    await stranger.page.goto(stranger.address)
    await expect(stranger.page.get_by_label("E-mail")).to_be_visible()

    assert await _both_themes(stranger) == []
    stranger.forgive(NOBODY_YET)


async def test_the_board(nancy: Operator):
    await nancy.page.locator("[data-card]").first.click(modifiers=["Control"])
    await expect(nancy.page.get_by_role("toolbar", name="Chosen orders")).to_be_visible()

    assert await _both_themes(nancy) == []


async def test_the_board_with_lanes(nancy: Operator):
    await nancy.page.get_by_role("button", name="Lanes: none").click()
    await nancy.page.get_by_role("menuitemradio", name="driver").click()
    await expect(nancy.page.get_by_role("region", name="Without driver")).to_be_visible()

    assert await _both_themes(nancy) == []


async def test_a_menu_and_its_card(nancy: Operator):
    card = nancy.page.locator("[data-card]").first
    await card.hover()
    await card.get_by_role("button").click()
    await expect(nancy.page.get_by_role("menu")).to_be_visible()

    assert await _both_themes(nancy) == []


async def test_a_refused_move(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Axe of Refusal")
    nancy = await operator("nancy")
    line = await HeldLine.to(nancy)
    await nancy.open("Axe of Refusal")
    line.hold()
    await clerk.move(order_id, "new", "preparing")
    await nancy.drag(order_id, "confirmed")
    line.release()
    await expect(nancy.toast("was already moved")).to_be_visible()

    assert await _both_themes(nancy) == []


@pytest.mark.parametrize("tab", ["Order", "Notes", "History"])
async def test_the_drawer(operator: Enter, clerk: Clerk, tab: str):
    order_id = await clerk.place(f"Axe Drawer {tab}", products=("nw-001", "nw-002"))
    await clerk.do(AddNote(order_id=order_id, note_id=NoteId(f"{order_id}-n"), text="Ring twice."))
    nancy = await operator("nancy")
    await nancy.open(f"Axe Drawer {tab}")
    await nancy.card(order_id).click()
    await nancy.drawer.get_by_role("tab", name=tab).click()
    await expect(nancy.drawer.get_by_role("tabpanel")).not_to_be_empty()
    if tab == "History":
        await expect(nancy.drawer).to_contain_text("Order placed")

    assert await _both_themes(nancy) == []


async def test_the_drawer_with_a_contested_field(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Axe Contest")
    nancy, steven = await operator("nancy"), await operator("steven")
    for each in (nancy, steven):
        await each.open("Axe Contest")
        await each.card(order_id).click()
    await nancy.drawer.get_by_label("Quantity of Chai").fill("12")
    await steven.drawer.get_by_label("Quantity of Chai").fill("8")
    await steven.drawer.get_by_label("Quantity of Chai").press("Enter")
    await expect(nancy.drawer.get_by_role("alert")).to_be_visible()

    assert await _both_themes(nancy) == []


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("n", "New order"),
        ("m", "Move"),
        ("Control+k", "Find or do anything"),
        ("?", "Keyboard shortcuts"),
        ("a", "Driver for"),
        ("l", "Labels of"),
        ("h", "on hold"),
    ],
)
async def test_the_dialogs(nancy: Operator, key: str, what: str):
    await nancy.page.locator("[data-card]").first.focus()
    await nancy.press(key)
    dialog = nancy.page.get_by_role("dialog", name=what)
    await expect(dialog).to_be_visible()

    assert await _both_themes(nancy) == []


async def test_the_waiting_and_refused_changes(nancy: Operator):
    await nancy.pill.click()
    await expect(nancy.dialog).to_be_visible()

    assert await _both_themes(nancy) == []


async def test_a_new_order_with_a_mistake(nancy: Operator):
    await nancy.press("n")
    await nancy.dialog.get_by_role("button", name="Create order").click()
    await expect(nancy.dialog).to_contain_text("Who is it for?")

    assert await _both_themes(nancy) == []


async def test_the_board_on_a_phone(operator: Enter):
    nancy = await operator(
        "nancy", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    await nancy.open()
    await expect(nancy.page.locator("[data-card]").first).to_be_visible()

    assert await _both_themes(nancy) == []


async def _dispatcher(operator: Enter, address: str) -> Operator:
    andrew = await operator("andrew")
    await andrew.page.goto(f"{andrew.address}{address}")
    await expect(andrew.page.get_by_role("main")).to_be_visible()
    return andrew


async def test_the_dispatch_screen(operator: Enter):
    andrew = await _dispatcher(operator, "/dispatch")
    await expect(andrew.page.locator("[data-stop]").first).to_be_visible()
    await andrew.page.locator("[data-stop]").first.focus()
    await andrew.press("x")
    await andrew.page.get_by_role("button", name="Plan…").click()

    assert await _both_themes(andrew) == []


async def test_the_menu_and_the_picker_of_a_stop(operator: Enter):
    andrew = await _dispatcher(operator, "/dispatch")
    await andrew.page.locator("[data-stop]").first.focus()
    await andrew.press("Shift+F10")
    await expect(andrew.page.get_by_role("menu")).to_be_visible()

    assert await _both_themes(andrew) == []
    await andrew.page.get_by_role("menuitem", name="Give to…").click()
    await expect(andrew.dialog.locator("[role=listbox]")).to_have_attribute("aria-busy", "false")
    assert await _both_themes(andrew) == []


async def test_the_deliveries_of_an_order(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Accessible Split", "ready")
    nancy = await operator("nancy")
    await nancy.open("Accessible Split", f"#/order/{order_id}")
    await nancy.drawer.get_by_role("tab", name="Deliveries").click()
    await nancy.drawer.get_by_role("button", name="Split…").click()

    assert await _both_themes(nancy) == []


@pytest.mark.parametrize("section", ["drivers", "vehicles", "zones", "hubs", "displays"])
async def test_the_settings_of_the_fleet(operator: Enter, section: str):
    andrew = await _dispatcher(operator, f"/settings/{section}")
    await andrew.page.locator(".entry").first.click()
    await expect(andrew.page.get_by_label("Name", exact=True)).to_be_visible()

    assert await _both_themes(andrew) == []


async def test_the_devices_and_the_code_for_a_phone(operator: Enter):
    andrew = await _dispatcher(operator, "/settings/devices")

    assert await _both_themes(andrew) == []
    await andrew.page.get_by_role("button", name="Pair a driver’s phone").click()
    await andrew.dialog.get_by_label("Driver", exact=True).select_option("jonas-brandt")
    await andrew.dialog.get_by_role("button", name="Show code").click()
    await expect(andrew.dialog.get_by_role("img", name="QR code")).to_be_visible()
    assert await _both_themes(andrew) == []
