"""Backup and restore: everything comes back, between both databases, and nothing half."""

import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, inspect, text

from protocols.vocabulary import Instant, TenantId
from server.anchoring.anchors import Anchors, anchor_file, key_file
from server.anchoring.check import check, read, standing
from server.anchoring.key import own_key
from server.application.accounts import Tenant
from server.backing_up import backup
from server.demo.engines.databases import Database
from server.desk import CannotDo, bring_up, must_be_there
from server.restoring import Wanted, drill, restore
from server.settings import Settings
from server.storage.backup.archive import Archive
from server.storage.backup.manifest import NAME
from server.storage.blobs import FileBlobs, kept_path
from server.storage.migrate import migrate, on_connection
from server.storage.open import Storage, open_storage
from server.storage.revisions import revisions
from server.storage.sqlite.database import SqliteDatabase
from server.system import SystemClock
from tests.contracts.test_uploads import an_upload, stored
from tests.storage.test_row_security import fill
from tests.support.rules import rule
from tests.support.scribe import Scribe, an_order

pytestmark = pytest.mark.asyncio

ACME, OTHER = TenantId("acme"), TenantId("other")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An installation with an empty database."""
    return _settings(request, request.param, tmp_path / "here")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Another one, which has no tables yet."""
    return _settings(request, request.param, tmp_path / "there")


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    """An installation in a file."""
    return Settings(data=tmp_path / "here")


def _settings(request: pytest.FixtureRequest, kind: str, data: Path) -> Settings:
    if kind == "sqlite":
        return Settings(data=data)
    server = request.getfixturevalue("postgres_server")
    database: Database = server.databases.create()
    request.addfinalizer(lambda: server.databases.drop(database))
    return Settings(data=data, database_url=database.url)


async def _filled(settings: Settings) -> Settings:
    """Two tenants with something in every table, and one picture."""
    settings.data.mkdir(exist_ok=True)
    await fill(settings.database)
    async with open_storage(settings.database) as storage:
        picture = an_upload("picture", ACME)
        await storage.uploads.open_upload(picture)
        await storage.uploads.end_upload(stored(picture))
        await FileBlobs(settings.uploads).keep(ACME, picture.blob, b"\xff\xd8 pixels")
    return settings


async def _content(settings: Settings) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    async with open_storage(settings.database) as storage:
        for tenant in await storage.accounts.tenants():
            assert await storage.verify(tenant.id) == []
            device = await storage.devices.devices(tenant.id)
            found[tenant.slug] = [
                await storage.store.rows_after(tenant.id, 0),
                (await storage.store.load(tenant.id)).aggregates,
                await storage.store.last_number(tenant.id, "phone"),
                await storage.accounts.sign_ins_of(tenant.id, "ann", Instant(2)),
                device,
            ]
    return found


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _log_of(settings: Settings) -> Path:
    return Path(f"{settings.database_file}-wal")


def _names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def _more(storage: Storage, orders: int) -> None:
    scribe = Scribe("acme", head=await storage.store.head(ACME), seed=9)
    for number in range(orders):
        await scribe.write(storage.store, an_order(f"more-{number}"))


@rule("JN22")
async def test_everything_comes_back_in_either_database_with_a_new_epoch(
    settings: Settings, elsewhere: Settings, tmp_path: Path
):
    await _filled(settings)
    before = await _content(settings)

    backed = await backup(settings, tmp_path / "backup.zip")
    restored = await restore(elsewhere, Wanted(source=backed.path))

    assert await _content(elsewhere) == before
    assert (restored.findings, restored.missing_pictures) == ({"acme": [], "other": []}, 0)
    assert {head.epoch for head in restored.heads.values()} == {2}
    picture = await FileBlobs(elsewhere.uploads).read(ACME, "blob-picture")
    assert picture == b"\xff\xd8 pixels"
    assert _mode(backed.path) == 0o600
    assert _names(tmp_path) == ["backup.zip", "here", "there"]


@rule("JN22")
async def test_what_is_replaced_is_gone_and_its_epoch_passed(settings: Settings, tmp_path: Path):
    await _filled(settings)
    before = await _content(settings)
    backed = await backup(settings, tmp_path / "backup.zip")
    async with open_storage(settings.database) as storage:
        await _more(storage, 3)
        for seen in range(1, 6):
            await storage.store.bump_epoch(ACME, seen)

    with pytest.raises(CannotDo, match="--replace"):
        await restore(settings, Wanted(source=backed.path))
    restored = await restore(settings, Wanted(source=backed.path, replace=True))

    assert await _content(settings) == before
    assert restored.heads[ACME].epoch == 7
    assert restored.heads[OTHER].epoch == 2


@rule("JN24")
async def test_what_was_anchored_of_the_lost_future_is_not_missed(
    embedded: Settings, tmp_path: Path
):
    await _filled(embedded)
    backed = await backup(embedded, tmp_path / "backup.zip")
    async with open_storage(embedded.database) as storage:
        await _more(storage, 3)
        await Anchors(embedded.data, storage.store, storage.accounts, SystemClock()).write()

    await restore(embedded, Wanted(source=backed.path, replace=True))

    key = own_key(key_file(embedded.data)).public_key()
    anchors, wrong = read(anchor_file(embedded.data).read_bytes().splitlines(), key)
    async with open_storage(embedded.database) as storage:
        held = standing(anchors)
        breaches = [await check(storage.store, each, held[each]) for each in held]
    assert (set(held), breaches, wrong) == ({ACME, OTHER}, [[], []], [])


async def test_a_key_that_cannot_sign_is_told_before_anything_is_done(
    embedded: Settings, tmp_path: Path
):
    await _filled(embedded)
    backed = await backup(embedded, tmp_path / "backup.zip")
    before = await _content(embedded)
    key_file(embedded.data).write_bytes(b"")

    with pytest.raises(CannotDo, match="holds no key"):
        await restore(embedded, Wanted(source=backed.path, replace=True))

    assert await _content(embedded) == before


async def test_nothing_is_restored_under_a_server(settings: Settings, tmp_path: Path):
    await _filled(settings)
    backed = await backup(settings, tmp_path / "backup.zip")

    async with open_storage(settings.database) as storage:
        assert await storage.accounts.tenants()
        with pytest.raises(CannotDo, match="uses the database"):
            await restore(settings, Wanted(source=backed.path, replace=True))
        await _more(storage, 2)
        assert await storage.verify(ACME) == []


async def test_a_drill_leaves_nothing_but_the_backup_that_was_asked_for(
    settings: Settings, tmp_path: Path
):
    await _filled(settings)
    room = tmp_path / "room"
    room.mkdir()

    _, restored = await drill(settings, None, room)
    assert list(room.iterdir()) == []
    backed, _ = await drill(settings, room / "kept.zip", room)

    assert restored.findings == {"acme": [], "other": []}
    assert list(room.iterdir()) == [backed.path]


async def test_nobody_is_signed_in_when_that_was_asked_for(settings: Settings, tmp_path: Path):
    await _filled(settings)
    backed = await backup(settings, tmp_path / "backup.zip")

    await restore(settings, Wanted(source=backed.path, replace=True, sign_out=True))

    async with open_storage(settings.database) as storage:
        assert await storage.accounts.sign_ins_of(ACME, "ann", Instant(2)) == []
        assert await storage.devices.devices(ACME) != []
        assert await storage.verify(ACME) == []


async def test_a_picture_that_nobody_has_is_told(embedded: Settings, tmp_path: Path):
    await _filled(embedded)
    kept_path(embedded.uploads, ACME, "blob-picture").unlink()

    _, restored = await drill(embedded, None, tmp_path)

    assert restored.missing_pictures == 1


async def test_the_log_of_the_replaced_file_is_not_applied_to_the_new_one(
    embedded: Settings, tmp_path: Path
):
    await _filled(embedded)
    backed = await backup(embedded, tmp_path / "backup.zip")
    path = embedded.database_file
    async with open_storage(embedded.database) as storage:
        await _more(storage, 2)
        stale = _log_of(embedded).read_bytes()
    path.write_bytes(b"what a broken disk leaves" * 999)
    _log_of(embedded).write_bytes(stale)

    with pytest.raises(CannotDo, match="cannot be read"):
        await restore(embedded, Wanted(source=backed.path))
    restored = await restore(embedded, Wanted(source=backed.path, replace=True))

    assert restored.findings == {"acme": [], "other": []}
    async with open_storage(embedded.database) as storage:
        assert (await storage.store.head(ACME)).sequence == restored.heads[ACME].sequence


async def test_an_older_backup_gets_the_tables_of_today(embedded: Settings, tmp_path: Path):
    await _filled(embedded)
    backed = await backup(embedded, tmp_path / "backup.zip")

    await migrate(f"sqlite:///{tmp_path}/old.sqlite3", "0003")
    known = await on_connection(
        f"sqlite:///{tmp_path}/old.sqlite3", lambda old: set(inspect(old).get_table_names())
    )

    def older(manifest: dict) -> None:
        manifest["schema"] = "0003"
        for name in set(manifest["tables"]) - known:
            del manifest["tables"][name]

    old = _changed(backed.path, tmp_path / "old.zip", older)
    restored = await restore(Settings(data=tmp_path / "there"), Wanted(source=old))

    # The fixture's journals are trimmed, and the record of it was in the newer table.
    assert "gap" in {finding.code for finding in restored.findings["acme"]}
    stands, newest = await revisions(f"sqlite:///{tmp_path}/there/kanvoy.sqlite3")
    assert stands == newest


def _changed(source: Path, target: Path, change: Callable[[dict], None]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == NAME:
                manifest = msgspec.json.decode(body)
                change(manifest)
                body = msgspec.json.encode(manifest)
            new.writestr(name, body)
    return target


def _flipped(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda _: b"", "no backup of Kanvoy"),
        (lambda _: b"an old letter" * 99, "no backup of Kanvoy"),
        (lambda body: body[: len(body) // 2], "end is missing"),
        (lambda body: body[:-9], "end is missing"),
        (lambda body: _flipped(body, 200), "damaged|not what was written"),
        (lambda body: _flipped(body, body.index(b"pixels")), "damaged|not what was written"),
    ],
)
async def test_a_damaged_archive_changes_nothing(
    embedded: Settings, tmp_path: Path, spoil: Callable[[bytes], bytes], says: str
):
    await _filled(embedded)
    backed = await backup(embedded, tmp_path / "backup.zip")
    before = await _content(embedded)
    bad = tmp_path / "bad.zip"
    bad.write_bytes(spoil(backed.path.read_bytes()))

    with pytest.raises(CannotDo, match=says):
        await restore(embedded, Wanted(source=bad, replace=True))

    assert await _content(embedded) == before
    assert "kanvoy.sqlite3.restoring" not in _names(embedded.data)


def _set(name: str, value: object) -> Callable[[dict], None]:
    return lambda manifest: manifest.__setitem__(name, value)


def _of_table(name: str, value: object) -> Callable[[dict], None]:
    return lambda manifest: manifest["tables"]["journal"].__setitem__(name, value)


def _shifted(manifest: dict) -> None:
    columns = manifest["tables"]["journal"]["columns"]
    columns[0], columns[1] = columns[1], columns[0]


def _elsewhere(manifest: dict) -> None:
    manifest["pictures"]["../../etc/passwd"] = {"bytes": 1, "sha256": ""}


def _further(manifest: dict) -> None:
    manifest["heads"]["acme"]["sequence"] += 1


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (_set("schema", "9999"), "schema '9999', which this one does not know"),
        (_set("format", 2), "newer"),
        (_set("kind", "holiday pictures"), "no backup of Kanvoy"),
        (_set("tables", {}), "heads|journal of acme|no such table|not end where"),
        (_set("pictures", {"kept/x": {"bytes": 1, "sha256": ""}}), "names a picture"),
        (_elsewhere, "names a picture"),
        (_of_table("rows", 3), "should have 3"),
        (_of_table("sha256", "0" * 64), "not what was written"),
        (_of_table("columns", ["tenant_id", "secret"]), "columns that nobody knows"),
        (_of_table("columns", ["tenant_id"]), "another shape"),
        (_shifted, "another tenant"),
        (_further, "does not end where"),
        (lambda manifest: manifest["tables"].pop("tenants"), "do not fit together"),
    ],
)
async def test_an_archive_that_lies_changes_nothing(
    embedded: Settings, tmp_path: Path, lie: Callable[[dict], None], says: str
):
    await _refused(embedded, tmp_path, lie, says)


async def test_a_refused_archive_leaves_either_database_as_it_was(
    settings: Settings, tmp_path: Path
):
    await _refused(settings, tmp_path, _further, "does not end where")


async def _refused(
    settings: Settings, folder: Path, lie: Callable[[dict], None], says: str
) -> None:
    await _filled(settings)
    backed = await backup(settings, folder / "backup.zip")
    before = await _content(settings)
    lying = _changed(backed.path, folder / "lying.zip", lie)

    with pytest.raises(CannotDo, match=says):
        await restore(settings, Wanted(source=lying, replace=True))

    assert await _content(settings) == before


async def test_a_place_that_cannot_be_written_is_told(embedded: Settings, tmp_path: Path):
    await _filled(embedded)

    with pytest.raises(CannotDo, match="No such file"):
        await backup(embedded, tmp_path / "nowhere" / "backup.zip")
    (tmp_path / "taken.zip").write_bytes(b"another backup")
    with pytest.raises(CannotDo, match="never written over"):
        await backup(embedded, tmp_path / "taken.zip")
    with pytest.raises(CannotDo, match="cannot be read"):
        await restore(embedded, Wanted(source=tmp_path / "nowhere.zip", replace=True))
    with pytest.raises(CannotDo, match="cannot be read"):
        await restore(embedded, Wanted(source=tmp_path, replace=True))


async def test_a_damaged_database_is_not_backed_up_as_if_it_were_well(
    embedded: Settings, tmp_path: Path
):
    await _filled(embedded)
    path = embedded.database_file
    body = bytearray(path.read_bytes())
    page = 4_096
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'journal_pk' OR "
                                  "name = 'sqlite_autoindex_journal_1'").fetchone()[0]  # fmt: skip
    body[(root - 1) * page : root * page] = bytes(page)
    path.write_bytes(body)

    with pytest.raises(CannotDo, match="damaged"):
        await backup(embedded, tmp_path / "backup.zip")

    assert not (tmp_path / "backup.zip").exists()


async def test_a_backup_is_of_one_moment_however_much_is_written_meanwhile(
    embedded: Settings, tmp_path: Path
):
    await _filled(embedded)
    async with open_storage(embedded.database) as storage:
        await _more(storage, 5)
        assert isinstance(storage.database, SqliteDatabase)
        assert _log_of(embedded).stat().st_size > 0
        head = await storage.store.head(ACME)
        backed = await backup(embedded, tmp_path / "backup.zip")

    with Archive(backed.path) as archive:
        assert archive.manifest.heads[ACME].sequence == head.sequence
        rows = [row for _, rows in archive.frames("journal") for row in rows]
    assert len(rows) == archive.manifest.tables["journal"].rows


async def test_a_tenant_without_anything_comes_back(settings: Settings, tmp_path: Path):
    settings.data.mkdir()
    await migrate(settings.database)
    async with open_storage(settings.database) as storage:
        await storage.accounts.create_tenant(
            Tenant(id=ACME, slug="acme", name="Acme", created_at=Instant(1))
        )

    _, restored = await drill(settings, None, tmp_path)

    assert restored.findings == {"acme": []}


async def test_an_older_program_leaves_the_tables_of_a_newer_one_alone(settings: Settings):
    await _filled(settings)

    def newer(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await on_connection(settings.database, newer)

    for work in (bring_up(settings), must_be_there(settings)):
        with pytest.raises(CannotDo, match="a newer Kanvoy made it"):
            await work
