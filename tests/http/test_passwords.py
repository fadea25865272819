"""How passwords are kept."""

import asyncio

import pytest

from server.http.passwords import Argon2
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


async def test_no_more_than_two_hashes_are_made_at_once():
    passwords = _cheap()

    kept = await asyncio.gather(*(passwords.hash(f"{n}") for n in range(20)))

    assert len(set(kept)) == 20
