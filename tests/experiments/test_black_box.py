"""What a client may see of two nodes, and that a history that cannot have been is noticed."""

import pytest
from msgspec.structs import replace

from tests.experiments.history import History, Read, Refused, Shown, Written, anomalies


def a_write(version: int, begun: float, ended: float, client: str = "anna") -> Written:
    return Written(
        client=client,
        number=version,
        order_id="o-1",
        version=version,
        begun=begun,
        ended=ended,
    )


def a_read(version: int, begun: float, ended: float, node: str = "one") -> Read:
    return Read(node=node, order_id="o-1", version=version, begun=begun, ended=ended)


def a_history() -> History:
    """Three writes after the second version, two of them at the same time, and a stale one."""
    return History(
        first={"o-1": 2},
        last={"o-1": 5},
        written=[a_write(3, 0, 1), a_write(5, 2, 4, "ben"), a_write(4, 2, 5)],
        refused=[Refused(order_id="o-1", base=2, current=3)],
        shown=[
            Shown(client="anna", order_id="o-1", version=version) for version in (2, 3, 3, 5, 5)
        ],
        # The second is asked while 4 and 5 are under way, and shows the one before both.
        reads=[a_read(3, 1.5, 2.5), a_read(3, 3, 3.5), a_read(5, 5.5, 6), a_read(5, 7, 8)],
    )


def test_what_one_journal_explains_is_no_anomaly():
    assert anomalies(a_history()) == []


def _lost(seen: History) -> None:
    seen.last = {"o-1": 4}


def _doubled(seen: History) -> None:
    seen.last = {"o-1": 6}


def _told_twice(seen: History) -> None:
    seen.written.append(replace(seen.written[0], client="ben"))


def _overtaken(seen: History) -> None:
    seen.written[0] = replace(seen.written[0], begun=6, ended=7)


def _went_back(seen: History) -> None:
    seen.shown.append(Shown(client="anna", order_id="o-1", version=4))


def _refused_for_nothing(seen: History) -> None:
    seen.refused.append(Refused(order_id="o-1", base=4, current=4))


def _unanswered(seen: History) -> None:
    seen.unanswered = 1


def _read_too_old(seen: History) -> None:
    seen.reads.append(a_read(4, 4.5, 5))


def _read_backwards(seen: History) -> None:
    # Nobody was told of 4 yet, but the other node had shown it.
    seen.reads += [a_read(4, 2.5, 3), a_read(3, 3.2, 3.4, "two")]


def _read_what_is_lost(seen: History) -> None:
    seen.reads.append(a_read(6, 7, 8))


def _read_too_early(seen: History) -> None:
    seen.reads.append(a_read(5, 1, 1.5))


def _own_write_not_shown(seen: History) -> None:
    seen.shown.insert(0, Shown(client="ben", order_id="o-1", version=4, least=5))


def _broke(seen: History) -> None:
    seen.faults.append("GET answered 500")


@pytest.mark.parametrize(
    ("bug", "says"),
    [
        (_read_too_old, "asked when 5 was known, and showed 4"),
        (_read_backwards, "asked when 4 was known, and showed 3"),
        (_read_what_is_lost, "showed 6, which is lost"),
        (_read_too_early, "showed 5 before it was asked for"),
        (_own_write_not_shown, "wrote 5 and was shown 4"),
        (_broke, "GET answered 500"),
        (_lost, "was acknowledged and is lost"),
        (_doubled, "acknowledged to nobody"),
        (_told_twice, "acknowledged 2 times"),
        (_overtaken, "asked after a later one was answered"),
        (_went_back, "was shown 4 after 5"),
        (_refused_for_nothing, "refused at 4 as stale"),
        (_unanswered, "never got a verdict"),
    ],
)
def test_a_history_that_cannot_have_been_is_noticed(bug, says):
    seen = a_history()

    bug(seen)

    assert [each for each in anomalies(seen) if says in each]
