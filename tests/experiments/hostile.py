"""X10: hostile pictures over HTTP, all the way in; nothing raw is kept, and nothing breaks."""

import asyncio
import gc
import hashlib
import random
import tempfile
from pathlib import Path

import httpx
import msgspec
import psutil

from protocols.vocabulary import LARGEST_PART
from server.application.upload_ports import Blobs, Cleaner
from server.application.uploads import Uploads
from server.pictures.cleaner import PictureCleaner
from server.storage.blobs import FileBlobs
from tests.experiments.kept import not_clean
from tests.experiments.pictures import Hostile, hostile
from tests.experiments.registry import Experiment, Finding, Request, Result
from tests.support.fakes import FakeIds
from tests.support.memory_uploads import MemoryUploads
from tests.support.site import NORTH, Site, a_site

GROWTH = 256 * 1_024 * 1_024
"""Bytes that the server's process may grow by over a run; our own makers are in it too."""


class Defects(msgspec.Struct, frozen=True):
    """What the experiment is made of; its own tests put a bug into one of them."""

    cleaner: Cleaner
    blobs: type[FileBlobs] = FileBlobs


class Trial(msgspec.Struct, frozen=True):
    """What became of one picture."""

    seed: int
    stored: bool = False
    raw: bool = False
    """Something of what came in is still there."""
    trouble: str = ""


class Run:
    """One server that takes all pictures of a run."""

    def __init__(self, site: Site, office: httpx.AsyncClient, blobs: Blobs, folder: Path) -> None:
        self.site, self.office, self.blobs, self.folder = site, office, blobs, folder
        self.ledger = MemoryUploads()
        self.hashes: set[str] = set()

    async def play(self, seed: int) -> Trial:
        """One trial. Whatever it raises is a finding."""
        try:
            return await self._send(seed, hostile(seed))
        except Exception as crash:  # noqa: BLE001 - a crash is what we look for
            return Trial(seed, trouble=f"crash: {crash!r}")

    async def _send(self, seed: int, picture: Hostile) -> Trial:
        dice, raw, name = random.Random(~seed), picture.raw, f"upload-{seed}"
        # What one person may announce in a minute is limited.
        self.site.clock.advance(1)
        lying = dice.random() < 0.08
        digest = hashlib.sha256(raw).hexdigest()
        self.hashes.add(digest)
        facts = {
            "id": name, "kind": picture.kind, "bytes": len(raw), "order_id": "order-1",
            "delivery_id": "order-1-d1", "sha256": "0" * 64 if lying else digest,
        }  # fmt: skip
        empty = await self.office.post("/v1/uploads", json={**facts, "id": "empty", "bytes": 0})
        begun = await self.office.post("/v1/uploads", json=facts)
        if (empty.status_code, begun.status_code) != (400, 201):
            return Trial(seed, trouble=f"announced: {empty.status_code} {begun.text}")
        answer, trouble = await self._parts(dice, raw, name)
        if lying:
            picture = msgspec.structs.replace(picture, end="refused", reason="wrong_hash")
        return await self._judged(seed, picture, answer, trouble)

    async def _parts(
        self, dice: random.Random, raw: bytes, name: str
    ) -> tuple[httpx.Response, str]:
        """All parts, among them some at the wrong place, twice, or too long."""
        trouble, answer = "", httpx.Response(500)
        for offset in range(0, len(raw), LARGEST_PART):
            part = raw[offset : offset + LARGEST_PART]
            wrong = offset + dice.randrange(1, 99)
            stray = await self._put(name, wrong, part)
            if (stray.status_code, stray.json()["code"]) != (409, "wrong_offset"):
                trouble = trouble or f"a part at the wrong place: {stray.text}"
            long = await self._put(name, offset, raw + b"x" * (LARGEST_PART + 1))
            if long.status_code != 413:
                trouble = trouble or f"a part that is too long: {long.text}"
            answer = await self._put(name, offset, part)
        return answer, trouble

    async def _put(self, name: str, offset: int, part: bytes) -> httpx.Response:
        return await self.office.put(f"/v1/uploads/{name}?offset={offset}", content=part)

    async def _judged(
        self, seed: int, picture: Hostile, answer: httpx.Response, trouble: str
    ) -> Trial:
        if answer.status_code != 200:
            return Trial(seed, trouble=f"the last part: {answer.text}")
        state, reason = answer.json()["state"], answer.json()["reason"]
        shown = await self.office.get(f"/v1/uploads/upload-{seed}/content")
        alive = await self.office.get("/health")
        upload = await self.ledger.upload(NORTH, f"upload-{seed}")
        assert upload is not None
        left = list(self.folder.glob(f"incoming/*/{upload.blob}*"))
        if left:
            return Trial(seed, raw=True, trouble="what came in is still there")
        if not trouble and state == "stored":
            trouble = not_clean(picture, shown)
            if trouble:
                return Trial(seed, raw=True, trouble=trouble)
        if picture.end not in ("either", state) or picture.reason not in ("", reason):
            trouble = (
                trouble or f"{state} ({reason}), and {picture.end} ({picture.reason}) is right"
            )
        if state != "stored" and await self.blobs.read(NORTH, upload.blob) is not None:
            trouble = trouble or "it was refused and is kept"
        if (shown.status_code == 200) != (state == "stored") or alive.status_code != 200:
            trouble = trouble or f"shown with {shown.status_code}, alive {alive.status_code}"
        return Trial(seed, stored=state == "stored", trouble=trouble)

    def raw_files(self) -> int:
        """How many files hold exactly what came in, or lie among what is on its way."""
        files = [each for each in self.folder.rglob("*") if each.is_file()]
        return sum(
            "incoming" in each.relative_to(self.folder).parts
            or hashlib.sha256(each.read_bytes()).hexdigest() in self.hashes
            for each in files
        )


async def played(request: Request, made_of: Defects) -> Result:
    """All trials, a few at a time, on one server."""
    here = psutil.Process()
    children = {each.pid for each in here.children()}
    with tempfile.TemporaryDirectory() as folder:
        run = await _opened(Path(folder), made_of)
        gc.collect()
        before = here.memory_info().rss
        room = asyncio.Semaphore(request.workers)

        async def one(seed: int) -> Trial:
            async with room:
                return await run.play(seed)

        trials = await asyncio.gather(*(one(request.seed + n) for n in range(request.count)))
        gc.collect()
        after = {
            "what came in lies on disk": run.raw_files() > sum(each.raw for each in trials),
            "a process is left": bool({each.pid for each in here.children()} - children),
            "memory grew": here.memory_info().rss - before > GROWTH,
        }
        await run.office.aclose()
    findings = [Finding(each.seed, each.trouble) for each in trials if each.trouble]
    findings += [Finding(request.seed, what) for what, is_so in after.items() if is_so]
    counts = {
        "images": len(trials),
        "cleaned": sum(each.stored and not each.trouble for each in trials),
        "stored raw": sum(each.raw for each in trials),
    }
    return Result(counts=counts, bad="crashes", findings=tuple(findings))


async def _opened(folder: Path, made_of: Defects) -> Run:
    site = await a_site()
    blobs = made_of.blobs(folder)
    run = Run(site, await site.signed_in(), blobs, folder)
    uploads = Uploads(
        run.ledger, blobs, made_of.cleaner, clock=site.clock, ids=FakeIds(11), quota=10**12
    )
    site.app.state.reach = msgspec.structs.replace(site.app.state.reach, uploads=uploads)
    return run


def run(request: Request) -> Result:
    """Play as many pictures as asked."""
    return asyncio.run(played(request, Defects(PictureCleaner())))


X10 = Experiment(name="X10", title="hostile images", counts={"pr": 100, "release": 500}, run=run)
