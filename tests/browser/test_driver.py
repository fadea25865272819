"""A driver's phone: what changes arrives, what is done is never lost, whatever the road does."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from protocols.commands import SetAddress, SetPayment, SetQuantity
from protocols.stops import DeliveryView
from protocols.values import Address
from protocols.vocabulary import LineId, OrderId
from tests.support.browser.axe import violations
from tests.support.browser.clerk import Clerk
from tests.support.browser.operator import Office
from tests.support.browser.phone import SMALL, Phone
from tests.support.eventually import eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser-driver"),
]


class Run:
    """A driver of this test alone, with a phone."""

    def __init__(self, phone: Phone, clerk: Clerk, driver_id: str) -> None:
        """The phone is paired."""
        self.phone, self.clerk, self.driver_id = phone, clerk, driver_id

    async def stop(self, customer: str, *, products: tuple[str, ...] = ("nw-001",)) -> OrderId:
        """One more stop in the run, with six of each product."""
        order_id = await self.clerk.place(customer, "ready", products=products)
        await self.clerk.give(order_id, self.driver_id)
        await expect(self.phone.row(customer)).to_be_visible()
        return order_id

    async def delivery(self, order_id: OrderId) -> DeliveryView:
        """The order's first delivery, as the office has it."""
        return (await self.clerk.order(order_id)).view.deliveries[0]

    async def has_come_to(self, order_id: OrderId, category: str) -> DeliveryView:
        """Wait until the office knows that the delivery is so far."""

        async def so_far() -> bool:
            return (await self.delivery(order_id)).category == category

        await eventually(so_far)
        return await self.delivery(order_id)


@pytest_asyncio.fixture(loop_scope="session")
async def run(office: Office, clerk: Clerk) -> AsyncIterator[Run]:
    """Ana with a phone, and nothing to deliver yet."""
    driver_id = f"ana-{uuid4().hex[:12]}"
    code = await clerk.hire(driver_id, "Ana Lima")
    phone = Phone(await office.stranger(**SMALL))
    await phone.pair(code)
    yield Run(phone, clerk, driver_id)


async def test_a_phone_is_paired_by_a_link_and_shows_its_run(run: Run):
    page = run.phone.page
    await expect(page.get_by_text("Nothing to deliver")).to_be_visible()
    await expect(page.locator(".driver")).to_have_text(["Van 3", "Ana Lima"])
    assert "pair" not in page.url

    await run.stop("Hotel Adler")

    await expect(page.get_by_text("1 stop left")).to_be_visible()
    await run.phone.button("Got it").click()
    await expect(run.phone.button("Got it")).to_have_count(0)


async def test_a_wrong_code_says_so(office: Office):
    phone = Phone(await office.stranger(**SMALL))
    await phone.page.goto(f"{phone.holder.address}/driver")
    await phone.page.get_by_label("Code").fill("bbbb cccc")
    await phone.button("Pair this phone").click()

    await expect(phone.page.get_by_role("alert")).to_contain_text("wrong, used or too old")
    phone.holder.complaints.clear()


async def test_an_edit_arrives_field_by_field_and_is_acknowledged(run: Run):
    phone = run.phone
    order_id = await run.stop("Hotel Adler", products=("nw-001", "nw-002"))
    await phone.open_stop("Hotel Adler")
    await phone.button("Got it").click()

    line = LineId(f"{order_id}-l1")
    await run.clerk.do(SetQuantity(order_id=order_id, line_id=line, quantity=8))
    harbour = Address(name="Hotel Adler", street="Hafenweg 12, rear gate", city="Bremen")
    await run.clerk.do(SetAddress(order_id=order_id, which="shipping", address=harbour))

    news = phone.page.locator("section.news")
    await expect(news.locator(".figure .change")).to_have_text(re.compile(r"6.*8"))
    await expect(news.locator("s", has_text="Am Wall 1")).to_be_visible()
    await expect(news.locator("b", has_text="Hafenweg 12, rear gate")).to_be_visible()
    await expect(news.locator(".by").first).to_contain_text("by Andrew F.")
    await eventually(lambda: _word(run, order_id, "seen"))

    await phone.button("Got it — I have seen both changes").click()

    await expect(news).to_have_count(0)
    await expect(phone.page.get_by_text("changed from 6 by Andrew F.")).to_be_visible()
    await eventually(lambda: _word(run, order_id, "acknowledged"))


async def _word(run: Run, order_id: OrderId, word: str) -> bool:
    receipt = (await run.delivery(order_id)).receipt
    return receipt is not None and receipt.word == word


async def test_the_next_step_asks_to_read_first(run: Run):
    phone = run.phone
    order_id = await run.stop("Backstube Nord")
    await phone.open_stop("Backstube Nord")
    await phone.button("Got it").click()
    line = LineId(f"{order_id}-l1")
    await run.clerk.do(SetQuantity(order_id=order_id, line_id=line, quantity=2))
    await expect(phone.page.locator("section.news")).to_be_visible()

    await phone.step("Collect")

    assert (await run.delivery(order_id)).collected_at is None
    await phone.sheet.get_by_role("button", name="Got it — then Collect").click()
    await run.has_come_to(order_id, "in_transit")
    await expect(phone.page.locator("footer .step")).to_have_text("Arrive")


async def test_a_day_offline_with_a_killed_app_loses_nothing(run: Run):
    phone = run.phone
    order_id = await run.stop("Gasthof Krone")
    await run.stop("Gasthof Linde")
    await expect(phone.page.get_by_text("2 stops left")).to_be_visible()
    await eventually(lambda: _worker_serves(phone))
    await phone.enter_tunnel()
    await _deliver_with_proofs(phone, "Gasthof Krone")

    await phone.crash()

    page = phone.page
    await expect(phone.row("Gasthof Krone")).to_be_visible()
    await expect(page.locator(".pill")).to_contain_text("waiting")
    await expect(page.get_by_text("1 stop left")).to_be_visible()
    await page.locator(".pill").click()
    await expect(page.locator("ol li")).to_contain_text(["Collected", "Arrived", "Delivered"])
    assert (await run.delivery(order_id)).category == "ready"

    await phone.leave_tunnel()

    done = await run.has_come_to(order_id, "done")
    assert [proof.kind for proof in done.proofs] == ["signature", "photo"]
    assert done.shown is not None
    assert (await run.clerk.order(order_id)).view.category == "done"
    for proof in done.proofs:
        upload_id = str(proof.upload_id)

        async def arrived(upload_id: str = upload_id) -> bool:
            return await run.clerk.picture(upload_id) == 200

        await eventually(arrived)
    await expect(page.get_by_text("Nothing waits")).to_be_visible()


async def _deliver_with_proofs(phone: Phone, customer: str) -> None:
    await phone.open_stop(customer)
    await phone.step("Collect")
    await phone.step("Arrive")
    await phone.step("Deliver")
    await phone.sign()
    await phone.photograph()
    await phone.button("Delivered — all 6").click()
    await expect(phone.page.get_by_text("kept on this phone")).to_be_visible()


async def _worker_serves(phone: Phone) -> bool:
    ask = "navigator.serviceWorker.ready.then(one => one.active !== null)"
    return bool(await phone.page.evaluate(ask))


async def test_a_signature_survives_a_phone_that_kills_the_app_for_its_camera(run: Run):
    phone = run.phone
    order_id = await run.stop("Gasthof Ulme")
    await eventually(lambda: _worker_serves(phone))
    await phone.open_stop("Gasthof Ulme")
    await phone.step("Collect")
    await phone.step("Arrive")
    await phone.step("Deliver")
    await phone.sign()
    await phone.photograph()
    await phone.page.get_by_label("Who took it?").fill("Mr Ulm")

    await phone.crash()
    await phone.open_stop("Gasthof Ulme")
    await phone.step("Deliver")

    await expect(phone.page.get_by_role("button", name="Signed · Sign again")).to_be_visible()
    await expect(phone.page.get_by_label("Photo 1", exact=True)).to_be_visible()
    await phone.button("Delivered — all 6").click()
    done = await run.has_come_to(order_id, "done")
    assert {proof.kind for proof in done.proofs} == {"signature", "photo", "name"}


async def test_what_was_given_to_somebody_else_meanwhile_is_kept_for_the_office(run: Run):
    phone = run.phone
    order_id = await run.stop("Café Mitte")
    await phone.open_stop("Café Mitte")
    await phone.step("Collect")
    await run.has_come_to(order_id, "in_transit")
    await phone.enter_tunnel()
    await phone.step("Arrive")
    await phone.step("Deliver")
    await phone.button("Delivered — all 6").click()
    await phone.button("Deliver without").click()
    await run.clerk.hire("tom-bauer", "Tom Bauer")
    await run.clerk.give(order_id, "tom-bauer", run.driver_id)

    await phone.leave_tunnel()

    await expect(phone.page.locator(".say.warn").first).to_contain_text("the office decides")
    claims = (await run.clerk.order(order_id)).view.claims
    assert {claim.fact for claim in claims} >= {"delivered"}
    assert (await run.delivery(order_id)).driver_id == "tom-bauer"


async def test_a_part_is_handed_over_and_the_rest_is_planned_again(run: Run):
    phone = run.phone
    order_id = await run.stop("Kantine Ost")
    await phone.open_stop("Kantine Ost")
    await phone.step("Collect")
    await phone.step("Arrive")
    await phone.step("Deliver")
    less = phone.page.get_by_role("button", name=re.compile("^one less of"))
    await less.click()
    await less.click()
    await phone.button("Delivered — 4 of 6").click()
    await expect(phone.page.get_by_role("alert")).to_have_text("Why not everything?")
    await phone.button("Damaged").click()
    await phone.sign()
    await phone.button("Delivered — 4 of 6").click()

    done = await run.has_come_to(order_id, "done")
    assert [handed.quantity for handed in done.handed or ()] == [4]
    rest = (await run.clerk.order(order_id)).view.deliveries[1]
    assert ([take.quantity for take in rest.brings], rest.driver_id) == ([2], None)


async def test_a_problem_is_reported_with_its_reason(run: Run):
    phone = run.phone
    order_id = await run.stop("Villa Rosa")
    await phone.open_stop("Villa Rosa")
    await phone.step("Collect")
    await phone.button("Problem…").click()
    await phone.page.get_by_role("radio", name="Something else").click()
    await phone.button("Not delivered").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("what happened")
    await phone.page.get_by_label("What happened?").fill("The bridge is closed")
    await phone.button("Not delivered").click()

    failed = await run.has_come_to(order_id, "failed")
    assert [(each.reason, each.note) for each in failed.attempts] == [
        ("other", "The bridge is closed")
    ]


async def test_after_collecting_a_change_is_a_question(run: Run):
    phone = run.phone
    order_id = await run.stop("Weinbar Süd")
    await phone.open_stop("Weinbar Süd")
    await phone.step("Collect")
    await run.has_come_to(order_id, "in_transit")
    line = LineId(f"{order_id}-l1")
    await run.clerk.do(SetQuantity(order_id=order_id, line_id=line, quantity=4))
    quay = Address(name="Weinbar Süd", street="Quay 9", city="Bremen")
    await run.clerk.do(SetAddress(order_id=order_id, which="shipping", address=quay))
    question = phone.page.get_by_role("heading", name="asks for a change")
    await expect(question).to_be_visible()

    await (
        phone.page.get_by_role("group", name="Bring it to").get_by_role("button", name="No").click()
    )
    await phone.button("Send: 1 of 2 yes").click()

    async def answered() -> bool:
        view = (await run.clerk.order(order_id)).view
        return [each.quantity for each in view.lines] == [4]

    await eventually(answered)
    assert (await run.clerk.order(order_id)).view.shipping_address.street == "Am Wall 1"
    await expect(question).to_have_count(0)


async def test_a_note_and_an_expense_reach_the_office(run: Run):
    phone = run.phone
    order_id = await run.stop("Kiosk West")
    await phone.open_stop("Kiosk West")
    await phone.button("Note").click()
    await phone.sheet.get_by_role("textbox").fill("Bell is broken, knock")
    await phone.button("Save").click()
    await expect(phone.page.locator("p.note")).to_have_text("Bell is broken, knock")
    await phone.button("Expense").click()
    await phone.page.get_by_label("Amount").fill("4,50")
    await phone.button("Save").click()
    await expect(phone.page.get_by_text("Expense noted")).to_be_visible()

    async def noted() -> bool:
        view = (await run.clerk.order(order_id)).view
        return [each.amount for each in view.expenses] == [450] and bool(view.notes)

    await eventually(noted)


async def test_an_answer_with_new_tokens_that_is_lost_locks_nobody_out(run: Run):
    phone = run.phone
    page = phone.page
    refreshed: list[int] = []

    async def lose_the_first(route: Route) -> None:
        answer = await route.fetch()
        refreshed.append(answer.status)
        if len(refreshed) == 1:
            await route.abort()
        else:
            await route.fulfill(response=answer)

    await page.route("**/v1/tokens/refresh", lose_the_first)
    await page.evaluate(_AGE_TOKENS)

    await page.reload()

    await phone.live()
    assert refreshed == [201, 201]
    await run.stop("Hotel Post")


_AGE_TOKENS = """() => new Promise(done => {
  const asked = indexedDB.open('kanvoy-driver');
  asked.onsuccess = () => {
    const store = asked.result.transaction('device', 'readwrite').objectStore('device');
    store.get('device').onsuccess = event => {
      const written = store.put({...event.target.result, received_at: 0}, 'device');
      written.onsuccess = () => { asked.result.close(); done(null); };
    };
  };
})"""


async def test_a_phone_shows_where_it_is_only_when_its_driver_wants(run: Run):
    phone = run.phone
    context = phone.holder.context
    await context.grant_permissions(["geolocation"])
    await context.set_geolocation({"latitude": 53.08, "longitude": 8.8, "accuracy": 12})
    await phone.page.get_by_role("button", name="More").click()
    assert phone.holder.frames.said("presence") == []

    await phone.page.get_by_role("switch", name="Show my position").click()

    async def shown() -> bool:
        return bool(phone.holder.frames.said("presence"))

    await eventually(shown)
    [said, *_others] = phone.holder.frames.said("presence")
    assert said["channel"] == "presence:drivers"
    assert said["position"] == {"lat": 53.08, "lon": 8.8, "accuracy_m": 12, "heading": None}
    # The server understood it: a word it does not know would have ended the socket.
    await run.stop("Hotel See")


async def test_cash_is_collected_as_much_as_was_paid(run: Run):
    phone = run.phone
    order_id = await run.stop("Imbiss Eck")
    await phone.open_stop("Imbiss Eck")
    await phone.button("Got it").click()
    await run.clerk.do(SetPayment(order_id=order_id, payment_method="cash"))
    await expect(phone.page.locator("section.news")).to_contain_text("Cash to collect")
    await phone.button("Got it — I have seen the change").click()
    due = (await run.clerk.order(order_id)).view.totals
    assert due is not None
    await expect(phone.page.get_by_text("in cash")).to_be_visible()
    await phone.step("Collect")
    await phone.step("Arrive")
    await phone.step("Deliver")
    cash = phone.page.get_by_label("Cash received")
    await expect(cash).to_have_value(f"{due.total / 100:.2f}")
    await cash.fill("20,50")
    await phone.sign()
    await phone.button("Delivered — all 6").click()

    done = await run.has_come_to(order_id, "done")
    assert done.cash == 2_050
    await expect(phone.page.get_by_role("heading", name="Delivered")).to_be_visible()


async def test_a_revoked_phone_forgets_everything(run: Run):
    phone = run.phone
    await run.stop("Klinik Mitte")

    await run.clerk.revoke_phones(run.driver_id)

    await expect(phone.page.get_by_text("signed out by the office")).to_be_visible()
    await expect(phone.row("Klinik Mitte")).to_have_count(0)

    async def is_forgotten() -> bool:
        kept = str(await phone.page.evaluate(_ALL_KEPT))
        return "Klinik" not in kept and "refresh_token" not in kept

    # What the phone was allowed to know leaves the screen first, then the disk.
    await eventually(is_forgotten)
    await phone.page.reload()
    await expect(phone.page.get_by_label("Code")).to_be_visible()
    phone.holder.complaints.clear()


_ALL_KEPT = """async () => {
  const all = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise(done => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
    });
    for (const store of database.objectStoreNames) {
      all.push(await new Promise(done => {
        const asked = database.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      }));
    }
    database.close();
  }
  return JSON.stringify(all);
}"""


async def test_every_screen_is_accessible_and_fits_a_narrow_phone(run: Run):
    phone = run.phone
    page = phone.page
    order_id = await run.stop(
        "Donaudampfschifffahrtsgesellschaftskantine am Hafen", products=("nw-001", "nw-002")
    )
    await run.stop("Hotel Adler")
    found = await _judged(phone)
    await phone.open_stop("Donaudampf")
    line = LineId(f"{order_id}-l1")
    await run.clerk.do(SetQuantity(order_id=order_id, line_id=line, quantity=8))
    await expect(page.locator("section.news")).to_be_visible()
    found += await _judged(phone)
    await page.locator("section.news .primary").click()
    await phone.step("Collect")
    await phone.step("Arrive")
    for sheet in ("Navigate", "Note", "Expense", "Problem…"):
        await phone.button(sheet).click()
        await expect(phone.sheet).to_be_visible()
        found += await _judged(phone)
        await phone.back()
    await phone.step("Deliver")
    await expect(phone.sheet).to_be_visible()
    found += await _judged(phone)
    await phone.back()
    await page.locator(".pill").click()
    found += await _judged(phone)
    await phone.back()
    await phone.back()
    await page.get_by_role("button", name="More").click()
    found += await _judged(phone)

    assert "\n".join(found) == ""


async def _judged(phone: Phone) -> list[str]:
    """What is wrong with this screen, in light, in dark, and with text twice as large."""
    page = phone.page
    found = await violations(page, "color-contrast-enhanced")
    await page.emulate_media(color_scheme="dark")
    found += await violations(page, "color-contrast-enhanced")
    await page.emulate_media(color_scheme="light")
    for size in ("100%", "200%"):
        await page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > 360:
            found.append(f"{wide} px wide at {size}: {page.url}")
    await page.evaluate("document.documentElement.style.fontSize = ''")
    small = await page.evaluate(_SMALL_TARGETS)
    return found + [f"small target: {one}" for one in small]


_SMALL_TARGETS = """() => [...document.querySelectorAll('button, a[href]')]
  .filter(one => one.checkVisibility())
  .filter(one => one.closest('dialog') || !document.querySelector('dialog[open]'))
  .filter(one => one.offsetHeight < 44 || one.offsetWidth < 44
    || (one.matches('.big') && one.offsetHeight < 56))
  .map(one => `${one.textContent} ${one.ariaLabel} ${one.offsetWidth}×${one.offsetHeight}`)"""
