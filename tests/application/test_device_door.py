"""Codes, token generations and tickets, judged over a ledger in memory."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from hypothesis.stateful import rule as act

from protocols.vocabulary import DriverId, PersonId, TenantId
from server.application.accounts import Tenant
from server.application.codes import LETTERS, code_hash, folded, new_code
from server.application.device_door import (
    ACCESS_MS,
    PAIRING_MS,
    DeviceDoor,
    Reused,
    Tokens,
    Visitor,
)
from server.application.device_news import DeviceNews
from server.application.devices import Device
from server.application.ports import StorageBusy
from server.application.throttle import Throttle, attempt_of
from server.domain.fleet import Driver
from server.domain.records import Person, Record, SaveRecord
from tests.support.fakes import FakeClock, FakeIds
from tests.support.memory_accounts import MemoryAccounts
from tests.support.memory_devices import MemoryDevices
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, furnish
from tests.support.rules import rule

DORA = DriverId("driver-1")
PHONE = Visitor(name="Pixel", address="203.0.113.7", agent="Chrome")


def REUSED(tokens: Tokens) -> Reused:  # noqa: N802 - reads as the verdict it is
    return Reused(tenant_id=TENANT, device_id=tokens.device.id)


class Interleaved(MemoryDevices):
    """A ledger in which something else happens just before each change, when told so."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def see(self, seen: Device, after: Device) -> bool:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        changed = await super().see(seen, after)
        self.meanwhile = meanwhile
        return changed


class House:
    """A tenant with two drivers, and the door for their phones."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        store = MemoryStore()
        self.accounts = MemoryAccounts(store)
        self.store = store
        self.node = a_node(store, clock=self.clock)
        self.ledger = Interleaved()
        self.ended: list[str] = []
        self.door = DeviceDoor(
            self.ledger,
            self.accounts,
            DeviceNews(self.node, lambda _, subject: self.ended.append(subject)),
            "open-S2",
            clock=self.clock,
            ids=FakeIds(5),
        )

    async def open(self) -> "House":
        tenant = Tenant(id=TENANT, slug="a", name="A", created_at=self.clock.now())
        await self.accounts.create_tenant(tenant)
        await furnish(self.node)
        self.office = Speaker(self.node, client_id="office")
        return self

    async def save(self, record: Record) -> None:
        await self.office.do(SaveRecord(record=record))

    async def driver(self, *, active: bool) -> None:
        await self.save(Driver(id=DORA, name="Dora", active=active))

    async def colleague(self, name: str, *, active: bool) -> None:
        """Somebody of the house who is Dora."""
        person = Person(
            id=PersonId(name),
            email=f"{name}@example.org",
            name=name,
            roles=("driver",),
            driver_id=DORA,
            active=active,
        )
        await self.save(person)

    async def phone(self, driver_id: str = DORA) -> Tokens:
        made = await self.door.pair(TENANT, "driver", driver_id, by="Mei")
        assert made is not None
        tokens = await self.door.claim(made[0], PHONE)
        assert tokens is not None
        return tokens


@pytest.mark.asyncio
@rule("DV1")
@pytest.mark.parametrize(("kind", "subject"), [("driver", "nobody"), ("display", DORA)])
async def test_there_is_no_code_for_who_is_not_there(kind, subject):
    house = await House().open()

    assert await house.door.pair(TENANT, kind, subject, by="Mei") is None


@pytest.mark.asyncio
@rule("DV2", "DV3")
async def test_a_code_lets_one_phone_in_for_ten_minutes():
    house = await House().open()
    made = await house.door.pair(TENANT, "driver", DORA, by="Mei")
    old = await house.door.pair(TENANT, "driver", DORA, by="Mei")
    assert made is not None
    assert old is not None

    first = await house.door.claim(f" {made[0].lower().replace('-', ' ')} ", PHONE)
    second = await house.door.claim(made[0], PHONE)
    house.clock.advance(601)
    late = await house.door.claim(old[0], PHONE)

    assert first is not None
    assert first.principal.actor.driver_id == DORA
    assert first.principal.actor.roles == ("driver",)
    assert (second, late) == (None, None)


@pytest.mark.asyncio
@rule("DV5", "DV6")
async def test_the_next_tokens_leave_the_old_ones_good_until_they_are_used():
    house = await House().open()
    first = await house.phone()
    second = await house.door.refresh(first.refresh)
    assert isinstance(second, Tokens)

    assert await house.door.authenticate("bearer", first.access) is not None, "answer may be lost"
    assert await house.door.refresh(first.access) == "revoked", "an access token is none"
    assert await house.door.authenticate("bearer", second.access) is not None

    assert await house.door.authenticate("bearer", first.access) is None
    assert await house.door.refresh(first.refresh) == REUSED(second)
    assert await house.door.authenticate("bearer", second.access) is None, "both are out"


@pytest.mark.asyncio
async def test_an_access_token_ends_after_ten_minutes_and_a_cookie_is_none():
    house = await House().open()
    tokens = await house.phone()

    assert await house.door.authenticate("cookie", tokens.access) is None
    house.clock.advance(ACCESS_MS / 1_000)
    assert await house.door.authenticate("bearer", tokens.access) is None
    assert isinstance(await house.door.refresh(tokens.refresh), Tokens)


@pytest.mark.asyncio
@rule("DV10")
async def test_a_driver_who_leaves_is_out_on_every_phone():
    house = await House().open()
    tokens = await house.phone()

    await house.driver(active=False)

    assert house.ended == [DORA]
    assert await house.door.authenticate("bearer", tokens.access) is None
    assert await house.door.refresh(tokens.refresh) == "revoked"


@pytest.mark.asyncio
@rule("DV10")
async def test_a_driver_whom_another_history_does_not_know_is_out():
    house = await House().open()
    before = await house.store.load(TENANT)
    late = DriverId("driver-9")
    await house.save(Driver(id=late, name="Lena"))
    tokens = await house.phone(late)

    (await house.node.journal(TENANT)).reset(before)

    assert house.ended == [late]
    assert await house.door.authenticate("bearer", tokens.access) is None


@pytest.mark.asyncio
@rule("DV10")
async def test_a_phone_speaks_as_the_colleague_who_is_the_driver_and_leaves_with_them():
    house = await House().open()
    tokens = await house.phone()
    await house.colleague("dora-in-june", active=False)
    await house.colleague("dora-in-july", active=True)

    speaks = await house.door.authenticate("bearer", tokens.access)
    house.ended.clear()
    await house.colleague("dora-in-july", active=False)

    assert speaks is not None
    assert (speaks.actor.id, speaks.actor.roles) == ("dora-in-july", ("driver",))
    assert house.ended == [DORA]
    assert await house.door.authenticate("bearer", tokens.access) is None


@pytest.mark.asyncio
@rule("DV12")
async def test_a_driver_who_comes_back_pairs_anew():
    house = await House().open()
    tokens = await house.phone()
    await house.door.revoke_leavers()
    assert await house.door.authenticate("bearer", tokens.access) is not None

    await house.driver(active=False)
    await house.door.revoke_leavers()
    await house.driver(active=True)

    assert await house.door.refresh(tokens.refresh) == "revoked"
    assert await house.ledger.devices(TENANT) == []
    assert await house.door.pair(TENANT, "driver", DORA, by="Mei") is not None


@pytest.mark.asyncio
@rule("DV12")
async def test_a_leaver_is_noticed_although_no_device_came_in_since_the_start():
    house = await House().open()
    await house.phone()
    await house.phone("driver-2")
    restarted = DeviceDoor(
        house.ledger,
        house.accounts,
        DeviceNews(house.node, lambda *_: None),
        "open-S2",
        clock=house.clock,
        ids=FakeIds(6),
    )
    await restarted.revoke_leavers()

    await house.driver(active=False)
    await house.driver(active=True)
    kept = [each.subject for each in await house.ledger.devices(TENANT)]
    await house.driver(active=False)
    await restarted.revoke_leavers()

    assert sorted(kept) == [DORA, "driver-2"], "nothing came round in between"
    assert [each.subject for each in await house.ledger.devices(TENANT)] == ["driver-2"]


class Busy(MemoryDevices):
    """A ledger that cannot answer, as often as told."""

    times = 0

    async def devices(self, tenant_id: TenantId) -> list[Device]:
        if self.times:
            self.times -= 1
            raise StorageBusy
        return await super().devices(tenant_id)


@pytest.mark.asyncio
@rule("DV12")
async def test_a_busy_database_puts_it_off_and_not_away():
    house = await House().open()
    ledger = Busy()
    house.door.ledger = ledger
    await house.phone()
    await house.driver(active=False)
    ledger.times = 1

    await house.door.revoke_leavers()
    kept = await ledger.devices(TENANT)
    await house.door.revoke_leavers()

    assert len(kept) == 1
    assert await ledger.devices(TENANT) == []


@pytest.mark.asyncio
@rule("DV6")
async def test_a_token_that_is_replaced_while_it_is_looked_at_opens_nothing():
    house = await House().open()
    first = await house.phone()
    second = await house.door.refresh(first.refresh)
    assert isinstance(second, Tokens)

    house.ledger.meanwhile = lambda: house.door.refresh(first.refresh)
    found = await house.door.authenticate("bearer", second.access)

    assert found is None


@pytest.mark.asyncio
@rule("DV6")
async def test_who_loses_every_race_comes_again_with_a_token_that_is_as_good_as_before():
    house = await House().open()
    tokens = await house.phone()
    house.ledger.meanwhile = lambda: house.door.refresh(tokens.refresh)

    with pytest.raises(StorageBusy):
        await house.door.refresh(tokens.refresh)

    house.ledger.meanwhile = None
    assert isinstance(await house.door.refresh(tokens.refresh), Tokens)


@pytest.mark.asyncio
async def test_a_code_that_is_in_use_is_drawn_again():
    house, twin = await House().open(), FakeIds(5)
    made = await house.door.pair(TENANT, "driver", DORA, by="Mei")
    other = DeviceDoor(
        house.ledger,
        house.accounts,
        DeviceNews(house.node, lambda *_: None),
        "open-S2",
        clock=house.clock,
        ids=twin,
    )

    again = await other.pair(TENANT, "driver", "driver-2", by="Mei")

    assert made is not None
    assert again is not None
    assert again[0] != made[0]
    assert new_code(FakeIds(5)) == made[0], "the first draw was the same"


@pytest.mark.asyncio
@rule("DV6")
async def test_of_a_thousand_at_once_with_one_token_one_pair_of_tokens_lives():
    house = await House().open()
    tokens = await house.phone()

    answers = await asyncio.gather(*(house.door.refresh(tokens.refresh) for _ in range(1_000)))

    given = [each for each in answers if isinstance(each, Tokens)]
    alive = [t for t in given if await house.door.authenticate("bearer", t.access) is not None]
    assert len(alive) == 1
    stolen = next(t for t in given if t is not alive[0])
    assert await house.door.refresh(stolen.refresh) == REUSED(stolen)
    assert await house.door.authenticate("bearer", alive[0].access) is None


def a_guessers_address(number: int) -> str:
    """One guesser at home, one with all addresses of a network, and one with addresses anywhere."""
    match number % 3:
        case 0:
            return "203.0.113.7"
        case 1:
            return f"2001:db8::{number & 0xFFFF:x}"
        case _:
            return f"10.{number >> 16}.{number >> 8 & 0xFF}.{number & 0xFF}"


@pytest.mark.asyncio
@pytest.mark.timeout(180)
@rule("DV4")
async def test_a_hundred_thousand_guesses_while_a_code_lives_pair_nothing():
    house = await House().open()
    assert await house.door.pair(TENANT, "driver", DORA, by="Mei") is not None
    throttle, guesser = Throttle(house.accounts, house.clock), FakeIds(99)
    judged = 0

    for number in range(100_000):
        house.clock.advance(PAIRING_MS / 1_000 / 100_000)
        attempt = attempt_of("pairing", a_guessers_address(number))
        guess = new_code(guesser)
        found = await throttle.guard(attempt, lambda guess=guess: house.door.claim(guess, PHONE))
        assert not isinstance(found, Tokens)
        judged += found is None

    # Of 20^8: one in 300 million.
    assert 50 <= judged <= 80
    assert await house.ledger.devices(TENANT) == []


@rule("AU42")
def test_an_ipv6_network_is_one_address_and_ipv4_in_ipv6_is_ipv4():
    home = attempt_of("pairing", "2001:db8:0:7::1")

    assert attempt_of("pairing", "2001:db8:0:7:ffff::2") == home
    assert attempt_of("pairing", "2001:db8:0:8::1") != home
    assert attempt_of("pairing", "::ffff:203.0.113.7") == attempt_of("pairing", "203.0.113.7")
    assert attempt_of("pairing", "203.0.113.8") != attempt_of("pairing", "203.0.113.7")
    assert attempt_of("pairing", "a test's socket") == attempt_of("pairing", "a test's socket")


def test_codes_have_no_vowels_and_mean_the_same_however_they_are_typed():
    code = new_code(FakeIds(3))

    assert len(folded(code)) == 8
    assert set(folded(code)) <= set(LETTERS)
    assert code_hash(code.lower()) == code_hash(code.replace("-", " "))


class Refreshing(RuleBasedStateMachine):
    """A phone, its lost answers and a thief, in any order. [DV6]

    The model: `live` is the newest pair the server gave, `prior` the token it was given for as
    long as nothing of `live` was used, and everything else is spent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.house = House()
        self.spent: list[str] = []
        self.prior: str | None = None
        self.out = False

    def run(self, work):
        return self.loop.run_until_complete(work)

    @initialize()
    def pair(self) -> None:
        self.run(self.house.open())
        self.live = self.run(self.house.phone())

    @act()
    def refresh(self) -> None:
        answer = self.run(self.house.door.refresh(self.live.refresh))
        if self.out:
            assert answer == "revoked"
            return
        assert isinstance(answer, Tokens)
        if self.prior is not None:
            self.spent.append(self.prior)
        self.prior, self.live = self.live.refresh, answer

    @act()
    def ask_again_for_a_lost_answer(self) -> None:
        if self.prior is None or self.out:
            return
        answer = self.run(self.house.door.refresh(self.prior))
        assert isinstance(answer, Tokens)
        self.spent.append(self.live.refresh)
        self.live = answer

    @act()
    def use(self) -> None:
        principal = self.run(self.house.door.authenticate("bearer", self.live.access))
        assert (principal is None) == self.out
        if not self.out and self.prior is not None:
            self.spent.append(self.prior)
            self.prior = None

    @act(which=st.integers(0, 50))
    def steal(self, which: int) -> None:
        if not self.spent:
            return
        answer = self.run(self.house.door.refresh(self.spent[which % len(self.spent)]))
        assert answer == ("revoked" if self.out else REUSED(self.live))
        self.out = True

    @act(seconds=st.integers(1, 120))
    def wait(self, seconds: int) -> None:
        """Nothing may depend on how much time passes, short of the tokens' own ends."""
        self.house.clock.advance(seconds / 100)

    @invariant()
    def nobody_comes_in_with_spent_tokens_unnoticed(self) -> None:
        if self.out:
            devices = self.run(self.house.door.ledger.devices(TenantId(TENANT)))
            assert devices == []

    def teardown(self) -> None:
        self.run(self.house.node.close())
        self.loop.close()


TestRefreshing = Refreshing.TestCase
TestRefreshing.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
