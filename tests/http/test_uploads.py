"""Pictures over HTTP: in parts, resumable, cleaned, and shown to whom they concern."""

import hashlib
import io
import json

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from tests.http.test_devices import a_phone, bearing
from tests.support.rules import rule
from tests.support.site import Site

pytestmark = pytest.mark.asyncio

PART = 256 * 1_024


def a_photo(width: int = 640, height: int = 480, kind: str = "JPEG") -> bytes:
    picture = Image.effect_noise((width, height), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    made = io.BytesIO()
    picture.save(made, format=kind, exif=exif.tobytes())
    return made.getvalue()


def announcing(raw: bytes, upload_id: str = "upload-1", **changed: object) -> dict:
    return {
        "id": upload_id,
        "kind": "photo",
        "bytes": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "order_id": "order-1",
        "delivery_id": "order-1-d1",
        **changed,
    }


async def send(client: httpx.AsyncClient, raw: bytes, upload_id: str = "upload-1", start: int = 0):
    answer = None
    for offset in range(start, len(raw), PART):
        answer = await client.put(
            f"/v1/uploads/{upload_id}?offset={offset}", content=raw[offset : offset + PART]
        )
    return answer


@pytest_asyncio.fixture
async def phone(site: Site) -> httpx.AsyncClient:
    return bearing(site, (await a_phone(site))["access_token"])


@rule("UP3", "UP6")
async def test_a_picture_comes_in_parts_and_only_its_pixels_are_kept(site: Site, phone):
    raw = a_photo(1_400, 1_000)
    assert len(raw) > 2 * PART
    begun = await phone.post("/v1/uploads", json=announcing(raw))

    ended = await send(phone, raw)
    office = await site.signed_in()
    shown = await office.get("/v1/uploads/upload-1/content")

    assert (begun.status_code, begun.json()["offset"]) == (201, 0)
    assert ended.json()["state"] == "stored"
    assert shown.headers["content-type"] == "image/jpeg"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert shown.content != raw
    kept = Image.open(io.BytesIO(shown.content))
    assert kept.size == (1_400, 1_000)
    assert dict(kept.getexif()) == {}


@rule("UP1", "UP3")
async def test_whoever_was_cut_off_goes_on_from_where_it_is(phone):
    raw = a_photo(1_400, 1_000)
    await phone.post("/v1/uploads", json=announcing(raw))
    await phone.put("/v1/uploads/upload-1?offset=0", content=raw[:PART])

    again = await phone.post("/v1/uploads", json=announcing(raw))
    wrong = await phone.put("/v1/uploads/upload-1?offset=0", content=raw[:PART])
    ended = await send(phone, raw, start=PART)

    assert (again.status_code, again.json()["offset"]) == (200, PART)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_offset")
    assert wrong.json()["detail"] == str(PART)
    assert ended.json()["state"] == "stored"


@rule("UP1")
async def test_an_id_means_one_picture(phone):
    raw, other = a_photo(), a_photo(600)
    await phone.post("/v1/uploads", json=announcing(raw))

    answer = await phone.post("/v1/uploads", json=announcing(other))

    assert (answer.status_code, answer.json()["code"]) == (409, "upload_differs")


@rule("UP7")
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<svg onload=alert(1)></svg>", "not_a_picture"),
        (b"GIF89a" + bytes(40), "not_a_picture"),
        (a_photo()[:900], "broken"),
        (b"\xff\xd8\xff" + bytes(300), "broken"),
    ],
)
async def test_what_is_no_picture_is_refused_in_a_word(phone, raw, reason):
    await phone.post("/v1/uploads", json=announcing(raw))

    ended = await send(phone, raw)

    assert (ended.json()["state"], ended.json()["reason"]) == ("refused", reason)
    shown = await phone.get("/v1/uploads/upload-1/content")
    assert (shown.status_code, shown.json()["code"]) == (404, "refused")


@rule("UP7")
async def test_a_picture_that_is_not_the_announced_one_is_refused(phone):
    raw = a_photo()
    await phone.post("/v1/uploads", json=announcing(raw, sha256="0" * 64))

    assert (await send(phone, raw)).json()["reason"] == "wrong_hash"


@rule("UP7")
async def test_a_refusal_is_final(phone):
    raw = a_photo()
    await phone.post("/v1/uploads", json=announcing(raw, sha256="0" * 64))
    ended = await send(phone, raw)

    again = await send(phone, raw)

    assert again.status_code == 200
    assert again.json() == ended.json()


@rule("UP7")
async def test_twelve_megapixels_are_enough(phone):
    made = io.BytesIO()
    Image.new("RGB", (4_001, 3_000)).save(made, format="PNG")
    raw = made.getvalue()
    await phone.post("/v1/uploads", json=announcing(raw))

    assert (await send(phone, raw)).json()["reason"] == "too_many_pixels"


@rule("UP8")
async def test_a_signature_is_drawn_anew_from_its_numbers(site: Site, phone):
    raw = json.dumps(
        {"width": 300, "height": 120, "strokes": [[[10, 10], [40, 60], [80, 20]], [[5, 5]]]}
    ).encode()
    await phone.post("/v1/uploads", json=announcing(raw, kind="signature"))

    ended = await send(phone, raw)
    office = await site.signed_in()
    shown = await office.get("/v1/uploads/upload-1/content")

    assert ended.json()["state"] == "stored"
    assert shown.headers["content-type"].startswith("image/svg+xml")
    assert shown.text.count("<path") == 2


@rule("UP8")
@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[" * 5_000,
        json.dumps({"width": 9, "height": 9, "strokes": [[[0, 0]] * 5_001]}).encode(),
        json.dumps({"width": 9, "height": 9, "strokes": [[[1e9, 0]]]}).encode(),
        b'{"width":9,"height":9,"strokes":[[["<script>",1]]]}',
    ],
)
async def test_what_is_no_signature_is_refused(phone, raw):
    await phone.post("/v1/uploads", json=announcing(raw, kind="signature"))

    assert (await send(phone, raw)).json()["reason"] == "not_a_signature"


@rule("UP2", "UP5")
async def test_pictures_are_for_the_office_and_for_whoever_sent_them(site: Site, phone):
    raw = a_photo()
    early = await (await site.signed_in()).get("/v1/uploads/upload-1/content")
    await phone.post("/v1/uploads", json=announcing(raw))
    await send(phone, raw)
    other = bearing(site, (await a_phone(site, "driver-2"))["access_token"])
    foreign = await site.signed_in("zoe")

    assert (early.status_code, early.json()["code"]) == (404, "not_yet")
    assert (await phone.get("/v1/uploads/upload-1/content")).status_code == 200
    assert (await other.get("/v1/uploads/upload-1/content")).status_code == 404
    assert (await other.get("/v1/uploads/upload-1")).status_code == 404
    assert (await other.put("/v1/uploads/upload-1?offset=0", content=b"x")).status_code == 404
    assert (await foreign.get("/v1/uploads/upload-1/content")).json()["code"] == "not_yet"


@rule("UP9")
async def test_who_neither_drives_nor_edits_sends_nothing(site: Site):
    warehouse = await site.signed_in("wilma")

    answer = await warehouse.post("/v1/uploads", json=announcing(a_photo()))

    assert answer.status_code == 403


@rule("UP4")
async def test_a_tenant_has_room_for_so_much(phone):
    raw = a_photo()
    for number in range(2):
        await phone.post("/v1/uploads", json=announcing(raw, f"upload-{number}", bytes=8_000_000))

    answer = await phone.post("/v1/uploads", json=announcing(raw, "upload-9", bytes=8_000_000))

    assert (answer.status_code, answer.json()["code"]) == (413, "quota")


@rule("UP3")
@pytest.mark.parametrize("size", [PART + 1, 700_000, 2_000_000])
async def test_a_part_is_no_larger_than_it_may_be(phone, size: int):
    raw = a_photo()
    await phone.post("/v1/uploads", json=announcing(raw, bytes=4_000_000))

    answer = await phone.put("/v1/uploads/upload-1?offset=0", content=bytes(size))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await phone.get("/v1/uploads/upload-1")).json()["offset"] == 0


@rule("UP3")
async def test_no_more_comes_than_was_announced(phone):
    raw = a_photo()
    await phone.post("/v1/uploads", json=announcing(raw))

    answer = await phone.put("/v1/uploads/upload-1?offset=0", content=raw + b"x")

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@rule("UP3")
async def test_an_empty_part_asks_for_nothing_and_spoils_nothing(phone):
    raw = a_photo()
    await phone.post("/v1/uploads", json=announcing(raw))

    empty = await phone.put("/v1/uploads/upload-1?offset=0", content=b"")
    ended = await send(phone, raw)

    assert (empty.json()["state"], empty.json()["offset"]) == ("open", 0)
    assert ended.json()["state"] == "stored"


@rule("UP8")
async def test_a_signature_is_no_larger_than_strokes_are(phone):
    long = announcing(b"{}", kind="signature", bytes=512 * 1_024 + 1)

    answer = await phone.post("/v1/uploads", json=long)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@rule("UP2")
@pytest.mark.parametrize("name", ["%00", "..%2f..%2fetc", "UP-1", "%F0%9F%92%A5", "upload-1%00"])
async def test_an_id_that_cannot_be_is_not_there(site: Site, phone, name: str):
    office = await site.signed_in()

    answers = [
        await phone.get(f"/v1/uploads/{name}"),
        await phone.get(f"/v1/uploads/{name}/content"),
        await office.get(f"/v1/uploads/{name}/content"),
        await phone.put(f"/v1/uploads/{name}?offset=0", content=b"x"),
    ]

    assert {each.status_code for each in answers} == {404}
    assert {each.json()["code"] for each in answers} == {"not_found"}


@pytest.mark.parametrize("offset", ["", "?offset=", "?offset=-1", "?offset=x", "?offset=99999999"])
async def test_a_bad_offset_is_a_problem(phone, offset: str):
    await phone.post("/v1/uploads", json=announcing(a_photo()))

    answer = await phone.put(f"/v1/uploads/upload-1{offset}", content=b"x")

    assert answer.status_code == 400
    assert answer.json()["type"].startswith("urn:kanvoy:problem:")


async def test_nobody_sees_or_sends_a_picture_without_a_credential(site: Site):
    stranger = site.browser()

    answers = [
        await stranger.post("/v1/uploads", json=announcing(a_photo())),
        await stranger.put("/v1/uploads/upload-1?offset=0", content=b"x"),
        await stranger.get("/v1/uploads/upload-1"),
        await stranger.get("/v1/uploads/upload-1/content"),
    ]

    assert {each.status_code for each in answers} == {401}


@rule("UP4")
async def test_who_announces_without_end_is_slowed_down(phone):
    raw = a_photo()
    answers = [
        await phone.post("/v1/uploads", json=announcing(raw, f"upload-{number}", bytes=1))
        for number in range(70)
    ]

    assert answers[0].status_code == 201
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"bytes": 0}, 400),
        ({"bytes": 8 * 1_024 * 1_024 + 1}, 400),
        ({"sha256": "../../etc"}, 400),
        ({"id": "../up"}, 400),
        ({"kind": "video"}, 400),
    ],
)
async def test_bad_announcements_are_problems(phone, changed, status):
    answer = await phone.post("/v1/uploads", json={**announcing(a_photo()), **changed})

    assert answer.status_code == status
    assert answer.json()["type"].startswith("urn:kanvoy:problem:")
