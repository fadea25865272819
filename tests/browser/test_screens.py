"""Small, large, zoomed and touched screens: nothing runs out of them, and fingers work."""

import pytest
from playwright.async_api import Locator, expect

from protocols.commands import AddLines, AddNote, NewLine
from protocols.vocabulary import LineId, NoteId
from tests.support.browser.clerk import Clerk
from tests.support.browser.operator import Enter, Operator
from tests.support.browser.touch import Finger

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-axe"),
]

_PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

_LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft-" * 2


async def _overflow(who: Operator) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = await who.page.evaluate(
        "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"
    )
    return width


async def _spilling(inside: Locator) -> list[str]:
    """What reaches beyond the right edge of its box, in words."""
    found: list[str] = await inside.evaluate(
        """box => { const edge = box.getBoundingClientRect().right + 1;
            return [...box.querySelectorAll('*')]
              .filter(one => one.getBoundingClientRect().width > 0 && !one.closest('.sr'))
              .filter(one => one.getBoundingClientRect().right > edge)
              .map(one => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`); }"""
    )
    return found


async def test_a_phone_shows_one_stage_at_a_time_and_never_scrolls_sideways(operator: Enter):
    nancy = await operator("nancy", **_PHONE)
    await nancy.open()

    await expect(nancy.page.locator("[data-card]").first).to_be_visible()
    await expect(nancy.page.locator("section[data-stage]")).to_have_count(1)
    assert await _overflow(nancy) == 0
    await nancy.page.get_by_role("tab", name="Ready").tap()
    await expect(nancy.column("ready").locator("[data-card]").first).to_be_visible()
    await nancy.column("ready").locator("[data-card]").first.tap()
    await expect(nancy.drawer).to_be_visible()
    assert await _overflow(nancy) == 0
    assert await _spilling(nancy.drawer) == []


async def test_a_finger_that_rests_drags_a_card_to_another_stage(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Long Press")
    nancy = await operator("nancy", **_PHONE)
    await nancy.open("Long Press")
    card, tab = (
        await nancy.card(order_id).bounding_box(),
        await nancy.page.get_by_role("tab", name="Confirmed").bounding_box(),
    )
    assert card is not None
    assert tab is not None
    start = (card["x"] + 80, card["y"] + 50)
    end = (tab["x"] + tab["width"] / 2, tab["y"] + tab["height"] / 2)

    async with Finger(nancy.page) as finger:
        await finger.press(*start)
        await expect(nancy.page.locator("html.dragging")).to_be_attached()
        await finger.slide(start, end, 8)
        await expect(nancy.page.locator('[role="tab"].over')).to_be_visible()
        await finger.lift()

    await expect(nancy.page.get_by_role("tab", name="Confirmed")).to_contain_text("1")
    await nancy.page.get_by_role("tab", name="Confirmed").tap()
    await expect(nancy.card_in("confirmed", order_id)).to_be_visible()
    await nancy.settled(order_id)
    assert (await clerk.order(order_id)).view.stage_id == "confirmed"


async def test_a_swipe_scrolls_and_moves_no_card(operator: Enter):
    nancy = await operator("nancy", **_PHONE)
    await nancy.open()
    await expect(nancy.page.locator("[data-card]").first).to_be_visible()

    async with Finger(nancy.page) as finger:
        await finger.press(180, 600)
        await finger.slide((180, 600), (180, 200), 10)
        assert await nancy.page.locator("html.dragging").count() == 0
        await finger.lift()

    scroller = nancy.column("new").locator("[data-scroll]")
    await expect(scroller).not_to_have_js_property("scrollTop", 0)
    assert nancy.frames.said("command") == []


async def test_a_short_tap_opens_the_order(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("Short Tap")
    nancy = await operator("nancy", **_PHONE)
    await nancy.open("Short Tap")

    await nancy.card(order_id).tap()

    await expect(nancy.drawer).to_contain_text("Short Tap")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1024, 768), (720, 450), (360, 225)])
async def test_at_any_size_and_zoom_the_page_does_not_scroll_sideways(
    operator: Enter, width: int, height: int
):
    nancy = await operator("nancy", viewport={"width": width, "height": height})
    await nancy.open()
    await expect(nancy.page.locator("[data-card]").first).to_be_visible()
    assert await _overflow(nancy) == 0

    await nancy.page.locator("[data-card]").first.focus()
    await nancy.press("Enter")
    await expect(nancy.drawer.get_by_role("tab", name="History")).to_be_visible()
    assert await _overflow(nancy) == 0
    await nancy.press("Escape")
    await nancy.page.locator("[data-card]").first.focus()
    await nancy.press("m")

    await expect(nancy.dialog.get_by_role("button", name="Move", exact=True)).to_be_in_viewport()
    assert await _overflow(nancy) == 0


async def test_twice_as_large_text_cuts_no_button(operator: Enter):
    nancy = await operator("nancy", viewport={"width": 1280, "height": 800})
    await nancy.open()
    await expect(nancy.page.locator("[data-card]").first).to_be_visible()

    await nancy.page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert await _overflow(nancy) == 0
    await expect(nancy.page.get_by_role("button", name="New order")).to_be_in_viewport(ratio=1)


async def test_long_names_stay_inside_their_card_and_their_drawer(operator: Enter, clerk: Clerk):
    order_id = await clerk.place(f"Long {_LONG}", city=_LONG)
    line = NewLine(line_id=LineId(f"{order_id}-l9"), name=_LONG, quantity=999_999, unit_price=1)
    await clerk.do(AddLines(order_id=order_id, lines=[line]))
    await clerk.do(AddNote(order_id=order_id, note_id=NoteId(f"{order_id}-n"), text=_LONG))
    nancy = await operator("nancy")
    await nancy.open("Long Donaudampf")

    assert await _spilling(nancy.card(order_id)) == []
    await nancy.card(order_id).click()
    for tab in ("Order", "Notes", "History"):
        await nancy.drawer.get_by_role("tab", name=tab).click()
        assert await _spilling(nancy.drawer) == []
    await nancy.press("m")
    assert await _overflow(nancy) == 0


async def test_who_wants_no_motion_gets_none(operator: Enter, clerk: Clerk):
    order_id = await clerk.place("No Motion")
    nancy = await operator("nancy")
    await nancy.open("No Motion")

    await nancy.drag(order_id, "confirmed")
    await nancy.card(order_id).click()
    await expect(nancy.drawer).to_be_visible()

    running = await nancy.page.evaluate(
        """document.getAnimations().filter(one => one.playState === 'running'
             && one.effect.getComputedTiming().duration > 20
             && !one.animationName?.endsWith('stay')).length"""
    )
    # `stay` is the outline of a changed card: it stands still for two seconds and goes.
    assert running == 0
