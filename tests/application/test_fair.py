"""Every tenant has its turn in the queue: played with random puts and takes, and by hand."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from server.application.fair import FairQueue
from tests.support.rules import rule

TENANTS = ("north", "south", "west", "east")

STEPS = st.lists(
    st.one_of(
        st.none(),
        st.tuples(st.sampled_from(TENANTS), st.integers(1, 9)),
    ),
    max_size=200,
)
"""None takes; a tenant and a cost put."""


@dataclass
class Played:
    """A queue, and what plainly must be in it: every tenant's things with their costs."""

    turn: int
    queue: FairQueue[int] = field(init=False)
    waiting: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    taken: list[tuple[str, int, int]] = field(default_factory=list)
    """Whose, which, at which cost."""
    since: dict[str, int] = field(default_factory=dict)
    """How many were taken when this tenant's first thing became its first."""
    put: int = 0

    def __post_init__(self) -> None:
        """Empty."""
        self.queue = FairQueue(self.turn)

    def step(self, asked: tuple[str, int] | None) -> None:
        """Put something, or take."""
        if asked is None:
            self.take()
            return
        whose, cost = asked
        self.put += 1
        self.queue.put(whose, self.put, cost)
        if not self.waiting.get(whose):
            self.since[whose] = len(self.taken)
        self.waiting.setdefault(whose, []).append((self.put, cost))

    def take(self) -> None:
        """Take one, and note whose it is."""
        found = self.queue.take()
        if found is None:
            assert not any(self.waiting.values())
            return
        whose, thing = found
        first, cost = self.waiting[whose].pop(0)
        assert thing == first
        self.meanwhile(whose, cost)
        self.taken.append((whose, thing, cost))
        self.since[whose] = len(self.taken)

    def meanwhile(self, whose: str, cost: int) -> None:
        """What each other one got while this one's thing was the first of its own."""
        others: Counter[str] = Counter()
        dearest = 1
        for other, _, spent in self.taken[self.since[whose] :]:
            others[other] += spent
            dearest = max(dearest, spent)
        turns = -(-cost // self.turn)
        for spent in others.values():
            assert spent <= turns * self.turn + dearest - 1


@rule("FQ1")
@given(STEPS, st.integers(1, 6))
def test_nobody_waits_for_more_than_one_turn_of_each_other_tenant(steps, turn):
    played = Played(turn)

    for asked in steps:
        played.step(asked)
    while any(played.waiting.values()):
        played.take()

    assert len(played.taken) == played.put


@rule("FQ1")
def test_one_command_beside_a_flood_is_the_next_to_be_taken():
    queue: FairQueue[str] = FairQueue()
    for at in range(1_000):
        queue.put("flood", f"f{at}")
    queue.take()

    queue.put("house", "h")

    assert [queue.take() for _ in range(3)] == [("house", "h"), ("flood", "f1"), ("flood", "f2")]


@rule("FQ1")
def test_a_turn_is_measured_by_cost_and_not_by_count():
    queue: FairQueue[int] = FairQueue(10)
    for at in range(6):
        queue.put("dear", at, 10)
        queue.put("cheap", at, 2)

    order = [queue.take() for _ in range(12)]

    assert "".join(found[0][0] for found in order if found) == "dcccccdcdddd"


@rule("FQ2")
@given(st.lists(st.tuples(st.sampled_from(TENANTS), st.integers(1, 9)), max_size=50))
def test_whoever_is_alone_is_never_held_back_and_the_first_come_is_the_first_served(puts):
    queue: FairQueue[int] = FairQueue(3)
    mine = [(at, cost) for at, (whose, cost) in enumerate(puts) if whose == "north"]

    for at, cost in mine:
        queue.put("north", at, cost)

    assert [queue.take() for _ in mine] == [("north", at) for at, _ in mine]
    assert queue.take() is None
    assert not queue


@rule("FQ3")
@given(STEPS, st.sets(st.sampled_from(TENANTS)))
def test_a_barred_tenant_holds_nobody_up_and_loses_nothing(steps, barred):
    queue: FairQueue[int] = FairQueue(2)
    puts = [(at, *asked) for at, asked in enumerate(steps) if asked is not None]
    for at, whose, cost in puts:
        queue.put(whose, at, cost)

    free = []
    while (found := queue.take(barred)) is not None:
        free.append(found)
    late = []
    while (found := queue.take()) is not None:
        late.append(found)

    assert {whose for whose, _ in free} == {whose for _, whose, _ in puts} - barred
    assert sorted(at for _, at in free + late) == [at for at, _, _ in puts]


@rule("FQ4")
@given(STEPS, st.sets(st.integers(0, 199)))
def test_what_is_gone_is_skipped_and_costs_its_tenant_nothing(steps, gone):
    puts = [(at, *asked) for at, asked in enumerate(steps) if asked is not None]
    with_gone: FairQueue[int] = FairQueue(4, is_gone=gone.__contains__)
    without: FairQueue[int] = FairQueue(4)
    for at, whose, cost in puts:
        with_gone.put(whose, at, cost)
    # Of tenants that have only what is gone, nothing may remain.
    for at, whose, cost in puts:
        if at not in gone:
            without.put(whose, at, cost)

    order = [with_gone.take() for _ in puts]

    kept = [found for found in order if found is not None]
    assert {at for _, at in kept} == {at for at, _, _ in puts if at not in gone}
    for tenant in TENANTS:
        mine = [at for whose, at in kept if whose == tenant]
        assert mine == sorted(mine)
    assert not with_gone
    assert len(kept) == sum(1 for _ in iter(without.take, None))
