"""How passwords are kept."""

import asyncio
import threading

import pytest

from server.application.sign_in import Verified
from server.application.verdict import Done
from server.http.passwords import Argon2
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio


def _cheap() -> Argon2:
    return Argon2(memory_kib=64, passes=1)


async def test_a_kept_password_is_argon2id_with_the_published_cost():
    kept = await Argon2().hash("open sesame")

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_only_the_kept_password_is_right():
    passwords = _cheap()
    kept = await passwords.hash("open sesame")

    answers = [
        await passwords.verify(kept, said) for said in ("open sesame", "Open sesame", "", "x" * 200)
    ]

    assert [answer.right for answer in answers] == [True, False, False, False]


@rule("AU1")
@pytest.mark.parametrize("kept", [None, "", "junk", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$"])
async def test_nobody_is_never_right_but_costs_a_hash(kept: str | None):
    answer = await _cheap().verify(kept, "nobody's password")

    assert not answer.right


@rule("AU13")
async def test_a_hash_with_other_parameters_is_outdated():
    kept = await _cheap().hash("open sesame")

    same, other = await _cheap().verify(kept, "open sesame"), Argon2(memory_kib=128, passes=1)

    assert not same.outdated
    assert (await other.verify(kept, "open sesame")).outdated


class Held(Argon2):
    """Verifies nothing until it is let go, and counts how many it is asked for at once."""

    def __init__(self) -> None:
        """Hold everybody up."""
        super().__init__(memory_kib=64, passes=1)
        self.go_on = threading.Event()
        self.begun = self.most = self._now = 0
        self._counting = threading.Lock()

    def _verify(self, kept: str | None, password: str) -> Verified:
        with self._counting:
            self.begun += 1
            self._now += 1
            self.most = max(self.most, self._now)
        self.go_on.wait(30)
        with self._counting:
            self._now -= 1
        return super()._verify(kept, password)


async def test_two_hundred_sign_ins_at_once_take_two_threads_and_leave_the_board_alone():
    passwords = Held()
    node = a_node(MemoryStore([TENANT]))
    await furnish(node)
    speaker = Speaker(node)
    signing_in = [asyncio.create_task(passwords.verify(None, "guess")) for _ in range(200)]
    while passwords.begun < 2:
        # Threads begin when the system lets them; the loop is free meanwhile.
        await asyncio.to_thread(int)

    verdicts = [await speaker.do(an_order_placed(f"order-{n}")) for n in range(20)]
    elsewhere = [await asyncio.to_thread(threading.get_ident) for _ in range(20)]

    assert all(isinstance(verdict, Done) for verdict in verdicts)
    assert len(elsewhere) == 20
    assert (passwords.begun, sum(task.done() for task in signing_in)) == (2, 0)
    passwords.go_on.set()
    answers = await asyncio.gather(*signing_in)
    assert [answer.right for answer in answers] == [False] * 200
    assert (passwords.begun, passwords.most) == (200, 2)
