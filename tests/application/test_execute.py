"""The one write path: numbers, verdicts, fences, faults."""

import asyncio
from collections.abc import Sequence as Series

import pytest

from protocols.commands import AddNote, HoldOrder, MoveOrder, SetPriority, Undo
from protocols.rejections import DependencyFailed, Gap, Invalid, NothingToUndo, Retired, Stale
from protocols.vocabulary import NoteId, OrderId, Sequence, StageId
from server.application.images import Change
from server.application.node import Node
from server.application.ports import Row, StorageBusy
from server.application.verdict import Denied, Done, Verdict
from server.realtime.fanout_memory import MemoryBus
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ORDER = OrderId("order-1")
MOVE = MoveOrder(order_id=ORDER, from_stage=StageId("new"), to_stage=StageId("confirmed"))


async def a_board(store: MemoryStore | None = None) -> tuple[MemoryStore, Node, Speaker]:
    """One order on the board of a furnished tenant; the speaker's next number is 2."""
    store = store or MemoryStore([TENANT])
    node = a_node(store)
    await furnish(node)
    speaker = Speaker(node)
    await speaker.do(an_order_placed())
    return store, node, speaker


def rejection_of(verdict: Verdict) -> object:
    """Why it was refused."""
    assert isinstance(verdict, Denied), verdict
    return verdict.rejection


async def rows_of(store: MemoryStore) -> list[Row]:
    """The journal."""
    return await store.rows_after(TENANT, Sequence(0))


@rule("JN2")
async def test_a_command_stores_its_row_its_state_and_its_verdict_together() -> None:
    store, _, speaker = await a_board()

    verdict = await speaker.do(MOVE, base_version=1)

    _, found = await store.find(TENANT, [ORDER])
    row = (await rows_of(store))[-1]
    kept = await store.verdicts(TENANT, speaker.client_id, [speaker.number])
    assert isinstance(verdict, Done)
    assert found[ORDER].version == row.version == verdict.versions[ORDER] == 2
    assert kept == {speaker.number: verdict}
    assert row.sequence == verdict.sequence == (await store.head(TENANT)).sequence


@rule("RC20")
async def test_a_number_sent_again_gets_the_same_verdict_and_changes_nothing() -> None:
    store, node, speaker = await a_board()
    first = await speaker.do(MOVE, base_version=1)
    rows = len(await rows_of(store))

    other = HoldOrder(order_id=ORDER, reason="something else under the same number")
    again = await node.submit(speaker.numbered(speaker.number, other))

    assert again == first
    assert len(await rows_of(store)) == rows


@rule("RC21")
async def test_a_number_beyond_the_next_is_a_gap_and_leaves_no_trace() -> None:
    store, node, speaker = await a_board()

    verdict = await node.submit(speaker.numbered(5, MOVE, base_version=1))

    assert rejection_of(verdict) == Gap(expected=2)
    assert await store.last_number(TENANT, speaker.client_id) == 1


@rule("RC22")
async def test_a_refused_command_has_a_verdict_and_advances_the_number() -> None:
    store, _, speaker = await a_board()
    wrong = MoveOrder(order_id=ORDER, from_stage=StageId("ready"), to_stage=StageId("new"))

    await speaker.do(MOVE, base_version=1)
    verdict = await speaker.do(wrong, base_version=1)

    assert isinstance(rejection_of(verdict), Stale)
    assert await store.last_number(TENANT, speaker.client_id) == 3


@rule("RC23")
async def test_a_command_that_depends_on_a_refused_one_is_refused() -> None:
    _, _, speaker = await a_board()
    unknown = SetPriority(order_id=OrderId("order-unknown"), priority=2)
    await speaker.do(unknown)

    verdict = await speaker.do(MOVE, base_version=1, depends_on=(2,))

    assert rejection_of(verdict) == DependencyFailed(depends_on=2)


@rule("RC26")
async def test_a_command_is_never_stale_against_one_it_depends_on() -> None:
    _, node, speaker = await a_board()
    urgent = speaker.next(SetPriority(order_id=ORDER, priority=3), base_version=1)
    low = SetPriority(order_id=ORDER, priority=0)
    then = speaker.next(low, base_version=1, depends_on=(urgent.number,))
    alone = speaker.next(low, base_version=1)

    _, mine, stale = await asyncio.gather(*(node.submit(s) for s in (urgent, then, alone)))

    assert isinstance(mine, Done)
    assert isinstance(stale, Done), "the same value again is no conflict"
    other = await speaker.do(SetPriority(order_id=ORDER, priority=2), base_version=1)
    assert isinstance(rejection_of(other), Stale)


@rule("RC28")
async def test_a_command_cannot_depend_on_itself_or_a_later_one() -> None:
    _, _, speaker = await a_board()

    verdict = await speaker.do(MOVE, base_version=1, depends_on=(2,))

    rejection = rejection_of(verdict)
    assert isinstance(rejection, Invalid)
    assert rejection.problems[0].field == "depends_on"


@rule("RC29")
async def test_a_base_the_order_never_had_counts_as_having_seen_nothing() -> None:
    _, _, speaker = await a_board()
    await speaker.do(SetPriority(order_id=ORDER, priority=3), base_version=1)

    for seen in ({"base_version": 99}, {"base_version": 1, "over": 99}):
        verdict = await speaker.do(SetPriority(order_id=ORDER, priority=0), **seen)
        assert isinstance(rejection_of(verdict), Stale)


@rule("UN22")
async def test_undoing_twice_is_nothing_to_undo() -> None:
    _, _, speaker = await a_board()
    await speaker.do(MOVE, base_version=1)
    await speaker.do(Undo(undone=2))

    verdict = await speaker.do(Undo(undone=2))

    assert rejection_of(verdict) == NothingToUndo(undone=2)


@rule("RC24")
async def test_an_old_number_whose_verdict_is_forgotten_is_retired_and_never_done_again() -> None:
    store, node, speaker = await a_board()
    await speaker.do(MOVE, base_version=1)
    await node.acknowledge(TENANT, speaker.client_id, speaker.number)
    rows = len(await rows_of(store))

    again = await a_node(store).submit(speaker.numbered(2, MOVE, base_version=1))

    assert rejection_of(again) == Retired(kept_from=3)
    assert len(await rows_of(store)) == rows


@rule("RC25")
async def test_two_nodes_that_get_the_same_number_do_it_once() -> None:
    store, node, speaker = await a_board()
    other = a_node(store, seed=2)
    note = AddNote(order_id=ORDER, note_id=NoteId("note-1"), text="ring twice")
    submission = speaker.next(note)

    one, two = await asyncio.gather(node.submit(submission), other.submit(submission))

    assert one == two
    rows = [row for row in await rows_of(store) if row.number == submission.number]
    assert len([row for row in rows if row.client_id == speaker.client_id]) == 1


@rule("JN3")
async def test_a_command_decided_on_an_old_state_is_decided_again_on_the_new_one() -> None:
    store, node, speaker = await a_board()
    other = a_node(store, seed=2)
    ben = Speaker(other, an_actor("Ben"), "client-ben")
    await other.images(TENANT)
    await speaker.do(MOVE, base_version=1)

    # The other node has heard nothing: its images still show version 1.
    verdict = await ben.do(SetPriority(order_id=ORDER, priority=3), base_version=1)

    assert isinstance(verdict, Done)
    assert verdict.versions == {ORDER: 3}
    assert await node.images(TENANT) is not await other.images(TENANT)


@rule("JN4")
async def test_after_an_unknown_outcome_a_resend_gets_the_stored_verdict() -> None:
    store, node, speaker = await a_board()
    submission = speaker.next(MOVE, base_version=1)
    store.fail_after_commit = 1
    with pytest.raises(StorageBusy):
        await node.submit(submission)

    verdict = await node.submit(submission)

    assert isinstance(verdict, Done)
    assert [r.version for r in await rows_of(store) if r.aggregate_id == ORDER] == [1, 2]


@rule("JN4")
async def test_after_a_failed_commit_a_resend_gets_a_first_verdict() -> None:
    store, node, speaker = await a_board()
    submission = speaker.next(MOVE, base_version=1)
    store.fail_before_commit = 1
    with pytest.raises(StorageBusy):
        await node.submit(submission)
    images = await node.images(TENANT)
    assert images.open_orders[ORDER].stage_id == "new"

    verdict = await node.submit(submission)

    assert isinstance(verdict, Done)
    assert verdict.versions == {ORDER: 2}


@rule("JN5")
async def test_commands_of_one_batch_see_what_the_earlier_ones_did() -> None:
    _, node, speaker = await a_board()
    first = speaker.next(MOVE, base_version=1)
    onward = MoveOrder(
        order_id=ORDER, from_stage=StageId("confirmed"), to_stage=StageId("preparing")
    )
    second = speaker.next(onward, base_version=2)

    verdicts = await asyncio.gather(node.submit(first), node.submit(second))

    assert [v.versions[ORDER] for v in verdicts if isinstance(v, Done)] == [2, 3]


@rule("JN1")
async def test_nothing_is_announced_before_the_commit_is_through() -> None:
    store, node, speaker = await a_board()
    heard: list[Change] = []
    journal = await node.journal(TENANT)
    journal.listen(Ear(heard))
    store.fail_before_commit = 1

    with pytest.raises(StorageBusy):
        await speaker.do(MOVE, base_version=1)

    assert heard == []
    assert journal.images.head.sequence == (await store.head(TENANT)).sequence


@rule("JN6")
async def test_a_bug_in_a_rule_denies_its_command_and_disturbs_no_other() -> None:
    store = MemoryStore([TENANT])
    await furnish(a_node(store))
    bugs: list[Exception] = []
    node = a_node(store, report=lambda bug, _: bugs.append(bug))
    good, bad = Speaker(node), Speaker(node, client_id="client-bad")
    impossible = an_order_placed("order-2", quantity="many")  # type: ignore[arg-type]

    denied, done = await asyncio.gather(
        node.submit(bad.next(impossible)), node.submit(good.next(an_order_placed()))
    )

    rejection = rejection_of(denied)
    assert isinstance(rejection, Invalid)
    assert rejection.problems[0].rule == "internal"
    assert isinstance(done, Done)
    assert len(bugs) == 1


@rule("JN7")
async def test_a_node_whose_newest_row_is_gone_raises_the_epoch_and_starts_over() -> None:
    store, node, speaker = await a_board()
    await speaker.do(MOVE, base_version=1)
    resets: list[str] = []
    (await node.journal(TENANT)).listen(Ear([], resets))
    store.rollback(TENANT, 1)

    await node.beat()

    images = await node.images(TENANT)
    assert resets == ["reset"]
    assert images.head.epoch == 2
    assert images.open_orders[ORDER].stage_id == "new"


@rule("HB4")
async def test_a_lost_hint_is_made_up_for_by_the_head_beat() -> None:
    store, _, speaker = await a_board()
    deaf = a_node(store, seed=2, fanout=MemoryBus().fanout())
    await deaf.images(TENANT)
    await speaker.do(MOVE, base_version=1)

    await deaf.beat()

    assert (await deaf.images(TENANT)).open_orders[ORDER].stage_id == "confirmed"


@rule("HB4")
async def test_a_hint_that_comes_twice_or_too_early_changes_nothing() -> None:
    store = MemoryStore([TENANT])
    bus = MemoryBus()
    node, other = (a_node(store, seed=n, fanout=bus.fanout()) for n in (1, 2))
    await furnish(node)
    await other.images(TENANT)
    speaker = Speaker(node)

    await speaker.do(an_order_placed())
    head = (await other.images(TENANT)).head
    echo = bus.fanout()
    row = (await rows_of(store))[-1]
    hint = (await node.journal(TENANT)).hint([row])
    bus.carry(echo, hint)

    assert (await other.images(TENANT)).head == head == (await node.images(TENANT)).head


@rule("UN21")
async def test_undo_of_an_unknown_number_is_nothing_to_undo() -> None:
    _, _, speaker = await a_board()

    verdict = await speaker.do(Undo(undone=17))

    assert rejection_of(verdict) == NothingToUndo(undone=17)


@rule("UN21")
async def test_undo_within_the_same_batch_finds_what_it_undoes() -> None:
    _, node, speaker = await a_board()
    move, undo = speaker.next(MOVE, base_version=1), speaker.next(Undo(undone=2))

    _, verdict = await asyncio.gather(node.submit(move), node.submit(undo))

    assert isinstance(verdict, Done)
    assert (await node.images(TENANT)).open_orders[ORDER].stage_id == "new"


async def test_an_imported_command_happened_when_it_says() -> None:
    store, node, speaker = await a_board()

    await node.submit(speaker.next(MOVE, base_version=1, at=1_700_000_000_000))

    assert (await rows_of(store))[-1].at == 1_700_000_000_000


class Ear:
    """Listens to a journal."""

    def __init__(self, heard: list[Change], resets: list[str] | None = None) -> None:
        """Write down what is heard."""
        self._heard = heard
        self._resets = resets if resets is not None else []

    def applied(self, changes: Series[Change]) -> None:
        """Rows came."""
        self._heard.extend(changes)

    def reset(self) -> None:
        """The history changed."""
        self._resets.append("reset")
