"""What every `Store` promises: memory, SQLite and PostgreSQL."""

import asyncio

import msgspec
import pytest

from protocols.vocabulary import AggregateId, ClientId, Epoch, Instant, Number, Sequence, TenantId
from server.application.ports import AlreadyAnswered, Committed, Head, LostRace
from tests.contracts.conftest import Opened
from tests.support.rules import rule
from tests.support.scribe import Scribe, a_product, an_order, archived, denied, done, later

pytestmark = pytest.mark.asyncio

ACME = TenantId("acme")
PHONE = ClientId("phone")


async def test_a_new_journal_stands_at_the_beginning(storage: Opened):
    await storage.tenant("acme")

    assert await storage.store.head(ACME) == Head()
    assert await storage.store.first_kept(ACME) == 1
    assert await storage.store.rows_after(ACME, Sequence(0)) == []
    assert (await storage.store.load(ACME)).aggregates == []


async def test_a_committed_batch_is_what_the_other_node_reads(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    order, product = an_order("o-1"), a_product("p-1")

    batch = scribe.batch(order, product, answers=[done("phone", 1)])
    outcome = await storage.store.commit(batch)

    assert outcome == Committed()
    assert await storage.other.head(ACME) == batch.head
    assert await storage.other.rows_after(ACME, Sequence(0)) == list(batch.rows)
    found = await storage.other.find(ACME, [AggregateId("o-1"), AggregateId("p-1")])
    assert found == (batch.head, {"o-1": order, "p-1": product})


async def test_a_batch_made_on_an_older_head_has_lost_and_leaves_nothing(storage: Opened):
    await storage.tenant("acme")
    ahead, behind = Scribe("acme", seed=1), Scribe("acme", seed=2)
    await ahead.write(storage.store, an_order("o-1"))

    outcome = await behind.write(storage.other, an_order("o-2"), answers=[done("phone", 1)])

    assert outcome == LostRace()
    assert await storage.store.head(ACME) == ahead.head
    assert (await storage.store.find(ACME, [AggregateId("o-2")]))[1] == {}
    assert await storage.store.last_number(ACME, PHONE) == 0


async def test_the_same_sequence_with_another_nonce_is_another_history(storage: Opened):
    await storage.tenant("acme")
    here, elsewhere = Scribe("acme", seed=1), Scribe("acme", seed=2)
    await here.write(storage.store, an_order("o-1"))
    elsewhere.head = elsewhere.batch(an_order("o-1")).head
    assert elsewhere.head.sequence == here.head.sequence

    outcome = await elsewhere.write(storage.store, an_order("o-2"))

    assert outcome == LostRace()


async def test_a_number_that_has_a_verdict_is_never_answered_twice(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, an_order("o-1"), answers=[done("phone", 1)])

    again = await scribe.write(
        storage.other, an_order("o-2"), answers=[done("phone", 2), denied("phone", 1)]
    )

    assert again == AlreadyAnswered()
    assert await storage.store.head(ACME) == scribe.head
    assert (await storage.store.find(ACME, [AggregateId("o-2")]))[1] == {}
    assert await storage.store.verdicts(ACME, PHONE, [Number(1), Number(2)]) == {
        1: done("phone", 1).verdict
    }
    assert await storage.store.last_number(ACME, PHONE) == 1


async def test_a_number_whose_verdict_was_forgotten_is_not_answered_again(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, answers=[denied("phone", 1), denied("phone", 2)])
    await storage.store.forget_verdicts(ACME, PHONE, Number(2))

    again = await scribe.write(
        storage.other, an_order("o-1"), answers=[done("phone", 2), done("phone", 3)]
    )

    assert again == AlreadyAnswered()
    assert await storage.store.head(ACME) == scribe.head
    assert await storage.store.last_number(ACME, PHONE) == 2


async def test_a_refusal_is_stored_and_moves_the_number_but_not_the_head(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, an_order("o-1"))
    before = scribe.head

    outcome = await scribe.write(storage.store, answers=[denied("phone", 1), denied("desk", 7)])

    assert outcome == Committed()
    assert await storage.store.head(ACME) == before
    assert await storage.store.last_number(ACME, PHONE) == 1
    assert await storage.store.last_number(ACME, ClientId("desk")) == 7
    kept = await storage.store.verdicts(ACME, PHONE, [Number(1)])
    assert kept == {1: denied("phone", 1).verdict}


async def test_a_refusal_decided_on_an_older_head_has_lost_too(storage: Opened):
    await storage.tenant("acme")
    await Scribe("acme", seed=1).write(storage.store, an_order("o-1"))

    outcome = await Scribe("acme", seed=2).write(storage.store, answers=[denied("phone", 1)])

    assert outcome == LostRace()


async def test_batches_of_many_tenants_at_once_do_not_spoil_each_other(storage: Opened):
    names = [f"t-{number}" for number in range(12)]
    for name in names:
        await storage.tenant(name)
    scribes = {name: Scribe(name, seed=1) for name in names}
    for name in names[:4]:
        await Scribe(name, seed=9).write(storage.store, an_order("o-0"))
    for name in names[4:8]:
        await scribes[name].write(storage.store, answers=[done("phone", 1)])

    outcomes = await asyncio.gather(
        *(scribes[name].write(storage.store, an_order("o-1"), answers=[done("phone", 1)])
          for name in names)
    )  # fmt: skip

    assert outcomes == [LostRace()] * 4 + [AlreadyAnswered()] * 4 + [Committed()] * 4
    heads = await storage.other.heads([TenantId(name) for name in names])
    assert [heads[TenantId(name)].sequence for name in names] == [1] * 4 + [0] * 4 + [1] * 4


async def test_of_two_nodes_exactly_one_wins_each_sequence(storage: Opened):
    await storage.tenant("acme")

    async def node(store, seed: int) -> int:
        scribe, won = Scribe("acme", seed=seed), 0
        while won < 15:
            outcome = await scribe.write(store, an_order(f"o-{seed}-{won}"))
            if isinstance(outcome, Committed):
                won += 1
            scribe.head = await store.head(ACME)
        return won

    await asyncio.gather(node(storage.store, 1), node(storage.other, 2))

    rows = await storage.store.rows_after(ACME, Sequence(0))
    assert [row.sequence for row in rows] == list(range(1, 31))
    assert [row.previous_nonce for row in rows[1:]] == [row.nonce for row in rows[:-1]]
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]


async def test_of_two_nodes_with_the_same_command_only_one_stores_it(storage: Opened):
    await storage.tenant("acme")
    first, second = Scribe("acme", seed=1), Scribe("acme", seed=2)

    outcomes = await asyncio.gather(
        first.write(storage.store, an_order("o-1"), answers=[done("phone", 1)]),
        second.write(storage.other, an_order("o-1"), answers=[done("phone", 1)]),
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Committed", "LostRace"]
    assert len(await storage.store.rows_by(ACME, PHONE, Number(1))) == 1


async def test_a_batch_that_breaks_the_chain_is_a_bug_of_its_maker(storage: Opened):
    await storage.tenant("acme")
    batch = Scribe("acme").batch(an_order("o-1"), an_order("o-2"))
    torn = Scribe("acme").batch(an_order("o-1"))
    gap = type(batch)(
        tenant_id=ACME,
        base=batch.base,
        head=batch.head,
        rows=batch.rows[1:],
        aggregates=batch.aggregates,
        verdicts=(),
    )

    with pytest.raises(ValueError, match="does not follow"):
        await storage.store.commit(gap)

    assert await storage.store.commit(torn) == Committed()


async def test_a_journal_that_nobody_founded_accepts_nothing(storage: Opened):
    outcome = await Scribe("nobody").write(storage.store, an_order("o-1"))

    assert outcome == LostRace()
    assert await storage.store.head(TenantId("nobody")) == Head()
    assert await storage.store.heads([TenantId("nobody")]) == {}


async def test_only_the_newest_image_of_an_aggregate_is_found(storage: Opened):
    await storage.tenant("acme")
    scribe, order = Scribe("acme"), an_order("o-1")
    await scribe.write(storage.store, order)

    newer = later(later(order, priority=3))
    await scribe.write(storage.store, later(order, priority=3), newer)

    head, found = await storage.store.find(ACME, [AggregateId("o-1"), AggregateId("o-9")])
    assert (head, found) == (scribe.head, {"o-1": newer})


async def test_loading_brings_records_and_open_orders_and_finding_brings_closed_ones(
    storage: Opened,
):
    await storage.tenant("acme")
    scribe, closing = Scribe("acme"), an_order("o-1")
    await scribe.write(storage.store, closing, an_order("o-2"), a_product("p-1"))
    await scribe.write(storage.store, archived(closing))

    loaded = await storage.store.load(ACME)
    _, found = await storage.store.find(ACME, [AggregateId("o-1")])

    assert loaded.head == scribe.head
    assert sorted(one.id for one in loaded.aggregates) == ["o-2", "p-1"]
    assert found == {"o-1": archived(closing)}


async def test_what_is_loaded_while_others_write_is_exactly_as_of_its_head(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    orders = [an_order(f"o-{number}") for number in range(20)]
    await scribe.write(storage.store, *orders)
    writing = True

    async def keep_writing() -> None:
        images = list(orders)
        for _ in range(25):
            images = [later(one) for one in images]
            await scribe.write(storage.other, *images)

    async def keep_loading() -> int:
        seen = 0
        while writing:
            loaded = await storage.store.load(ACME)
            # Every batch changes all orders, so the head tells the only version there may be.
            assert {one.version for one in loaded.aggregates} == {loaded.head.sequence // 20}
            found_head, found = await storage.store.find(ACME, [AggregateId("o-3")])
            assert found[AggregateId("o-3")].version == found_head.sequence // 20
            seen += 1
            await asyncio.sleep(0)
        return seen

    loading = asyncio.create_task(keep_loading())
    await keep_writing()
    writing = False

    assert await loading > 0


async def test_rows_come_gapless_and_no_more_than_asked(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    for number in range(7):
        await scribe.write(storage.store, an_order(f"o-{number}"))

    rows = await storage.store.rows_after(ACME, Sequence(2), limit=3)

    assert [row.sequence for row in rows] == [3, 4, 5]
    assert await storage.store.rows_after(ACME, Sequence(7)) == []


async def test_a_timeline_has_the_rows_of_one_aggregate_newest_first(storage: Opened):
    await storage.tenant("acme")
    scribe, order = Scribe("acme"), an_order("o-1")
    await scribe.write(storage.store, order, an_order("o-2"))
    await scribe.write(storage.store, later(order))
    await scribe.write(storage.store, later(later(order)))

    newest = await storage.store.rows_of(ACME, AggregateId("o-1"), before=Sequence(1_000), limit=2)
    older = await storage.store.rows_of(ACME, AggregateId("o-1"), before=Sequence(3), limit=2)

    assert [row.sequence for row in newest] == [4, 3]
    assert [row.sequence for row in older] == [1]


async def test_the_rows_of_one_command_are_found_by_its_number(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, an_order("o-1"), answers=[done("phone", 1)])
    await scribe.write(storage.store, an_order("o-2"), an_order("o-3"), answers=[done("phone", 2)])
    await scribe.write(storage.store, an_order("o-4"), answers=[done("desk", 2)])

    rows = await storage.store.rows_by(ACME, PHONE, Number(2))

    assert [row.sequence for row in rows] == [2, 3]


async def test_the_nonce_of_a_row_proves_a_cursor(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, an_order("o-1"))
    first = scribe.head.nonce
    await scribe.write(storage.store, an_order("o-2"))

    assert await storage.store.nonce_at(ACME, Sequence(0)) == 0
    assert await storage.store.nonce_at(ACME, Sequence(1)) == first
    assert await storage.store.nonce_at(ACME, Sequence(2)) == scribe.head.nonce
    assert await storage.store.nonce_at(ACME, Sequence(3)) is None


async def test_what_a_channel_missed_names_each_aggregate_once_at_its_newest_version(
    storage: Opened,
):
    await storage.tenant("acme")
    scribe, order = Scribe("acme"), an_order("o-1")
    await scribe.write(storage.store, order, an_order("o-10"), a_product("p-1"))
    await scribe.write(storage.store, later(order))
    await scribe.write(storage.store, later(later(order)))

    board = await storage.store.touched_between(ACME, Sequence(1), Sequence(4), "board")
    alone = await storage.store.touched_between(ACME, Sequence(0), Sequence(5), "order:o-1")
    nothing = await storage.store.touched_between(ACME, Sequence(0), Sequence(5), "order:o")

    assert sorted(board) == [("order", "o-1", 2), ("order", "o-10", 1), ("product", "p-1", 1)]
    assert alone == [("order", "o-1", 3)]
    assert nothing == []


async def test_an_epoch_is_raised_only_by_who_saw_the_one_that_holds(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, an_order("o-1"))

    first = await storage.store.bump_epoch(ACME, Epoch(1))
    second = await storage.other.bump_epoch(ACME, Epoch(1))

    assert (first, second) == (2, 2)
    assert (await storage.store.head(ACME)).epoch == 2
    assert await scribe.write(storage.store, an_order("o-2")) == LostRace()


async def test_of_many_who_raise_the_same_epoch_one_does(storage: Opened):
    await storage.tenant("acme")

    raised = await asyncio.gather(
        *(store.bump_epoch(ACME, Epoch(1)) for store in (storage.store, storage.other) * 5)
    )

    assert set(raised) == {2}


async def test_forgetting_verdicts_keeps_the_last_number(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, answers=[done("phone", number) for number in (1, 2, 3)])
    await scribe.write(storage.store, answers=[done("desk", 1)])

    await storage.store.forget_verdicts(ACME, PHONE, Number(3))

    assert await storage.store.verdicts(ACME, PHONE, [Number(1), Number(3)]) == {}
    assert await storage.store.last_number(ACME, PHONE) == 3
    kept = await storage.store.verdicts(ACME, ClientId("desk"), [Number(1)])
    assert kept == {1: done("desk", 1).verdict}


@rule("RC27")
async def test_old_verdicts_are_forgotten_and_their_numbers_are_not(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    old, new = done("phone", 1), msgspec.structs.replace(done("phone", 2), at=Instant(9))
    await scribe.write(storage.store, answers=[old])
    await scribe.write(storage.store, answers=[new])

    await storage.store.prune_verdicts(ACME, Instant(9))

    assert await storage.store.verdicts(ACME, PHONE, [Number(1), Number(2)]) == {2: new.verdict}
    assert await storage.store.last_number(ACME, PHONE) == 2


async def test_a_last_number_never_goes_back(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    await scribe.write(storage.store, answers=[done("phone", 5)])

    await scribe.write(storage.store, answers=[done("phone", 3)])

    assert await storage.store.last_number(ACME, PHONE) == 5


async def test_no_method_shows_one_tenant_what_another_has(storage: Opened):
    await storage.tenant("acme")
    other = await storage.tenant("other")
    scribe = Scribe("acme")
    await scribe.write(storage.store, an_order("o-1"), answers=[done("phone", 1)])
    store, order = storage.store, AggregateId("o-1")

    assert await store.head(other) == Head()
    assert (await store.load(other)).aggregates == []
    assert await store.find(other, [order]) == (Head(), {})
    assert await store.rows_after(other, Sequence(0)) == []
    assert await store.rows_of(other, order, before=Sequence(9), limit=9) == []
    assert await store.rows_by(other, PHONE, Number(1)) == []
    assert await store.nonce_at(other, Sequence(1)) is None
    assert await store.touched_between(other, Sequence(0), Sequence(9), "board") == []
    assert await store.last_number(other, PHONE) == 0
    assert await store.verdicts(other, PHONE, [Number(1)]) == {}


async def test_no_method_lets_one_tenant_change_what_another_has(storage: Opened):
    await storage.tenant("acme")
    other = await storage.tenant("other")
    scribe, intruder = Scribe("acme"), Scribe("other")
    order = an_order("o-1")
    await scribe.write(storage.store, order, answers=[done("phone", 1)])

    await intruder.write(storage.store, an_order("o-1", customer="Eve"), answers=[done("phone", 1)])
    await storage.store.forget_verdicts(other, PHONE, Number(9))
    await storage.store.bump_epoch(other, Epoch(1))

    assert await storage.store.head(ACME) == scribe.head
    assert (await storage.store.find(ACME, [AggregateId("o-1")]))[1] == {"o-1": order}
    kept = await storage.store.verdicts(ACME, PHONE, [Number(1)])
    assert kept == {1: done("phone", 1).verdict}


@pytest.mark.parametrize(
    "text", ["Zoë \U0001f469\u200d\U0001f680 ß", "a\x00b", "'; DROP TABLE journal; --", "\uffff"]
)
async def test_any_text_comes_back_as_it_was(storage: Opened, text: str):
    await storage.tenant("acme")
    scribe, order = Scribe("acme"), later(an_order("o-1"), custom={"remark": text}, version=1)

    await scribe.write(storage.store, order)

    _, found = await storage.store.find(ACME, [AggregateId("o-1")])
    assert found == {"o-1": order}
    assert (await storage.store.rows_after(ACME, Sequence(0)))[0].events[0].order == order


async def test_a_batch_of_any_size_is_stored_whole(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    orders = [an_order(f"o-{number}", number=number) for number in range(200)]

    await scribe.write(
        storage.store, *orders, answers=[done("phone", number) for number in range(1, 151)]
    )

    loaded = await storage.store.load(ACME)
    assert {one.id: one for one in loaded.aggregates} == {one.id: one for one in orders}
    assert len(await storage.store.rows_after(ACME, Sequence(0))) == 200
    numbers = [Number(number) for number in range(1, 151)]
    assert len(await storage.store.verdicts(ACME, PHONE, numbers)) == 150


async def test_the_caller_who_gives_up_leaves_all_or_nothing(storage: Opened):
    await storage.tenant("acme")
    scribe = Scribe("acme")
    batch = scribe.batch(an_order("o-1"), an_order("o-2"), answers=[done("phone", 1)])

    task = asyncio.create_task(storage.store.commit(batch))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    # A later commit of the same batch tells what became of the first: the fence knows.
    again = await storage.store.commit(batch)

    head = await storage.store.head(ACME)
    assert again in {Committed(), LostRace()}
    assert head == batch.head
    assert len(await storage.store.rows_after(ACME, Sequence(0))) == 2
