"""Pictures arrive whole and once, whatever the network and the process do meanwhile."""

import asyncio
import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kanvoy_client._wire.uploads import Announce, UploadState
from kanvoy_client.asking import Answer
from kanvoy_client.errors import NoAnswer
from kanvoy_client.uploads import PART, Pictures, carry, keep_carrying

from client.python.tests.rules import rule

pytestmark = pytest.mark.asyncio

ORDER, DELIVERY = "order-1", "delivery-1"
PICTURE = bytes(range(256)) * (PART // 256) * 2 + b"the end"


class Shelf:
    """A server's shelf of uploads, behind a road that fails as told."""

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        self.announced: dict[str, Announce] = {}
        self.held: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}
        self.says: str | None = None
        self.status = 0
        self.parts = 0

    async def send(self, method: str, path: str, body: bytes, media_type: str) -> Answer:
        assert media_type == (
            "application/json" if method == "POST" else "application/octet-stream"
        )
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost on the way":
            raise NoAnswer("no route")
        if self.status:
            return _problem(self.status, self.says or "")
        answer = self._post(body) if method == "POST" else self._put(path, body)
        if fault == "answer lost":
            raise NoAnswer("reset")
        return answer

    def _post(self, body: bytes) -> Answer:
        about = msgspec.json.decode(body, type=Announce)
        self.announced.setdefault(about.id, about)
        self.held.setdefault(about.id, b"")
        return self._told(about.id)

    def _put(self, path: str, body: bytes) -> Answer:
        upload_id, _, offset = path.removeprefix("/v1/uploads/").partition("?offset=")
        self.parts += 1
        here = len(self.held[upload_id])
        if upload_id not in self.stored and int(offset) != here:
            return _problem(409, "wrong_offset", str(here))
        self.held[upload_id] += body
        return self._told(upload_id)

    def _told(self, upload_id: str) -> Answer:
        about, held = self.announced[upload_id], self.held[upload_id]
        state = "open"
        if self.says is not None:
            state = "refused"
        elif len(held) >= about.bytes:
            assert hashlib.sha256(held).hexdigest() == about.sha256
            self.stored[upload_id], state = held, "stored"
        told = UploadState(
            id=upload_id,
            offset=len(held),
            bytes=about.bytes,
            state=state,
            reason=self.says or "",
        )
        return Answer(200, msgspec.json.encode(told))


def _problem(status: int, code: str, detail: str = "") -> Answer:
    body = {"type": "", "title": code, "status": status, "code": code, "detail": detail}
    return Answer(status, msgspec.json.encode(body))


def kept(tmp_path, *contents: bytes) -> Pictures:
    pictures = Pictures(tmp_path / "pictures")
    for content in contents:
        pictures.add("photo", ORDER, DELIVERY, content)
    return pictures


async def test_a_picture_goes_in_parts_and_is_forgotten_when_the_server_has_it(tmp_path):
    pictures, shelf = kept(tmp_path, PICTURE), Shelf()
    (upload_id,) = pictures.waiting()

    assert await carry(pictures, shelf.send)

    assert shelf.stored == {upload_id: PICTURE}
    assert (shelf.parts, pictures.waiting(), pictures.refused()) == (3, (), {})


@rule("UP3")
@pytest.mark.parametrize("fault", ["lost on the way", "answer lost"])
@pytest.mark.parametrize("at", range(4))
async def test_a_part_that_is_lost_is_sent_again_from_where_the_server_is(tmp_path, fault, at):
    pictures, shelf = kept(tmp_path, PICTURE), Shelf(*[""] * at, fault)

    first = await carry(pictures, shelf.send)
    second = await carry(pictures, shelf.send)

    assert (first, second) == (False, True)
    assert list(shelf.stored.values()) == [PICTURE]


async def test_a_new_life_of_the_program_goes_on_where_the_old_one_was_killed(tmp_path):
    pictures, shelf = kept(tmp_path, PICTURE), Shelf("", "", "lost on the way")
    await carry(pictures, shelf.send)
    pictures.close()

    again = Pictures(tmp_path / "pictures")
    await carry(again, shelf.send)

    assert list(shelf.stored.values()) == [PICTURE]
    assert shelf.parts == 3, "what was there already was not sent again"


@rule("UP7")
async def test_a_picture_the_server_refuses_is_told_and_holds_nobody_up(tmp_path):
    pictures, shelf = kept(tmp_path, b"no picture", PICTURE), Shelf()
    first, second = pictures.waiting()
    shelf.says = "not_a_picture"
    await carry(pictures, shelf.send)
    shelf.says = None

    assert pictures.refused() == {first: "not_a_picture", second: "not_a_picture"}
    assert pictures.waiting() == ()
    pictures.forget(first)
    assert list(pictures.refused()) == [second]


@pytest.mark.parametrize(("status", "code"), [(413, "quota"), (403, "forbidden"), (400, "")])
async def test_a_refusal_that_time_does_not_heal_is_final(tmp_path, status, code):
    pictures, shelf = kept(tmp_path, PICTURE), Shelf()
    shelf.status, shelf.says = status, code

    assert await carry(pictures, shelf.send)

    assert list(pictures.refused().values()) == [code or f"http_{status}"]


async def test_a_missing_sign_in_only_delays(tmp_path):
    pictures, shelf = kept(tmp_path, PICTURE), Shelf()
    shelf.status = 401

    assert not await carry(pictures, shelf.send)
    shelf.status = 0

    assert await carry(pictures, shelf.send)
    assert list(shelf.stored.values()) == [PICTURE]


async def test_what_is_added_while_nothing_waits_is_carried_at_once(tmp_path):
    pictures, shelf, added = kept(tmp_path), Shelf(), asyncio.Event()
    carrying = asyncio.create_task(keep_carrying(pictures, shelf.send, added))
    await asyncio.sleep(0)

    pictures.add("photo", ORDER, DELIVERY, PICTURE)
    added.set()
    async with asyncio.timeout(5):
        while not shelf.stored:  # noqa: ASYNC110  the shelf has no bell
            await asyncio.sleep(0)
    carrying.cancel()

    assert list(shelf.stored.values()) == [PICTURE]


@rule("UP1", "UP3")
@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["", "", "lost on the way", "answer lost"]), max_size=30),
    st.lists(st.integers(1, 3 * PART), min_size=1, max_size=3),
)
async def test_whatever_is_lost_everything_arrives_exactly_as_it_was(faults, sizes):
    pictures, shelf = Pictures(":memory:"), Shelf(*faults)
    for at, size in enumerate(sizes):
        pictures.add("photo", ORDER, DELIVERY, bytes([at]) * size)

    for _ in range(len(faults) + 1):
        await carry(pictures, shelf.send)

    assert sorted(map(len, shelf.stored.values())) == sorted(sizes)
    assert pictures.waiting() == ()
