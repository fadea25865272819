"""Codes, token generations and tickets, judged over a ledger in memory."""

import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from hypothesis.stateful import rule as act

from protocols.vocabulary import DriverId, TenantId
from server.application.accounts import Tenant
from server.application.codes import LETTERS, code_hash, folded, new_code
from server.application.device_door import ACCESS_MS, DeviceDoor, Tokens, Visitor
from server.application.device_news import DeviceNews
from server.domain.fleet import Driver
from server.domain.records import SaveRecord
from tests.support.fakes import FakeClock, FakeIds
from tests.support.memory_accounts import MemoryAccounts
from tests.support.memory_devices import MemoryDevices
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, furnish
from tests.support.rules import rule

DORA = DriverId("driver-1")
PHONE = Visitor(name="Pixel", address="203.0.113.7", agent="Chrome")


class House:
    """A tenant with two drivers, and the door for their phones."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        store = MemoryStore()
        self.accounts = MemoryAccounts(store)
        self.node = a_node(store, clock=self.clock)
        self.ended: list[str] = []
        self.door = DeviceDoor(
            MemoryDevices(),
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
        return self

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
    assert await house.door.refresh(first.refresh) == "reused"
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
    speaker = Speaker(house.node, client_id="hr")
    gone = Driver(id=DORA, name="Dora", active=False)

    await speaker.do(SaveRecord(record=gone))

    assert house.ended == [DORA]
    assert await house.door.authenticate("bearer", tokens.access) is None
    assert await house.door.refresh(tokens.refresh) == "revoked"


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
    assert await house.door.refresh(stolen.refresh) == "reused"
    assert await house.door.authenticate("bearer", alive[0].access) is None


@pytest.mark.asyncio
@rule("DV3")
async def test_a_hundred_thousand_guesses_open_nothing():
    house = await House().open()
    made = await house.door.pair(TENANT, "driver", DORA, by="Mei")
    assert made is not None
    guesser, right = FakeIds(99), code_hash(made[0])

    for _ in range(100_000):
        guess = new_code(guesser)
        assert code_hash(guess) != right
    found = [await house.door.claim(new_code(guesser), PHONE) for _ in range(1_000)]

    assert found == [None] * 1_000


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
        assert answer == ("revoked" if self.out else "reused")
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
