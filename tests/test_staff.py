"""What an operator changes about people by hand, and what a running server makes of it."""

from getpass import getuser
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from protocols.vocabulary import Currency
from server import chores, staff
from server.application.sign_in import Answer, Proof, SignedIn, WrongPassword
from server.chores import NewTenant
from server.desk import CannotDo, open_desk
from server.domain.records import Person
from server.settings import Settings
from server.staff import NewUser
from tests.support.rules import rule

pytestmark = pytest.mark.asyncio

ANNA = NewUser(
    slug="acme",
    email="Anna@Acme.example",
    name="Anna",
    roles=("owner",),
    password="a long enough one",
)


@pytest_asyncio.fixture
async def settings(tmp_path: Path) -> Settings:
    """An installation with one tenant, and Anna in it."""
    settings = Settings(data=tmp_path / "data")
    wanted = NewTenant(slug="acme", name="Acme", currency=Currency("EUR"), workflow="full-7")
    await chores.create_tenant(settings, wanted)
    await staff.create_user(settings, ANNA)
    return settings


async def _signs_in(settings: Settings, password: str = ANNA.password) -> Answer:
    async with open_desk(settings) as desk:
        return await desk.entrance.sign_in(Proof(email=ANNA.email, password=password))


async def _devices(settings: Settings) -> int:
    async with open_desk(settings) as desk:
        tenant = await desk.tenant("acme")
        (anna,) = (await desk.node.images(tenant.id)).records(Person)
        accounts = desk.storage.accounts
        return len(await accounts.sign_ins_of(tenant.id, anna.id, desk.clock.now()))


@pytest.mark.parametrize(
    "email", ["bob", "b ob@acme.example", "@", "bob@", "b" * 200 + "@x.example"]
)
async def test_nobody_is_created_who_could_never_sign_in(settings: Settings, email: str):
    with pytest.raises(CannotDo, match="e-mail"):
        await staff.create_user(settings, msgspec.structs.replace(ANNA, email=email))


async def test_a_password_too_long_to_sign_in_with_is_refused(settings: Settings):
    with pytest.raises(CannotDo, match="too long"):
        await staff.set_password(settings, "acme", ANNA.email, "x" * 201)


async def test_a_second_account_for_the_same_address_is_told_how_to_change_the_first(
    settings: Settings,
):
    with pytest.raises(CannotDo, match="already; `kanvoy set-password`"):
        await staff.create_user(settings, ANNA)


async def test_everybody_of_a_tenant_is_listed(settings: Settings):
    bob = msgspec.structs.replace(ANNA, email="bob@acme.example", name="Bob", roles=("csr",))
    await staff.create_user(settings, bob)

    listed = await staff.colleagues(settings, "acme")

    assert [(one.person.name, one.person.roles) for one in listed] == [
        ("Anna", ("owner",)),
        ("Bob", ("csr",)),
    ]
    assert all(one.has_password and one.person.active for one in listed)


async def test_a_new_password_is_in_the_security_log_with_who_sat_at_the_machine(
    settings: Settings,
):
    with capture_logs() as lines:
        anna = await staff.set_password(settings, "acme", ANNA.email, "another long one")

    (told,) = (line for line in lines if line.get("log") == "security")
    assert (told["event"], told["person_id"], told["by"]) == (
        "password_changed",
        anna.id,
        getuser(),
    )
    assert "another long one" not in str(lines)


async def test_a_new_password_replaces_the_old_one_and_signs_every_device_out(settings: Settings):
    assert isinstance(await _signs_in(settings), SignedIn)

    await staff.set_password(settings, "acme", "anna@acme.example", "another long one")

    assert await _devices(settings) == 0
    assert isinstance(await _signs_in(settings), WrongPassword)
    assert isinstance(await _signs_in(settings, "another long one"), SignedIn)


@rule("AU10")
async def test_new_roles_are_a_row_of_the_journal_and_hold_from_then_on(settings: Settings):
    await staff.set_roles(settings, "acme", ANNA.email, ("warehouse", "driver"))

    signed_in = await _signs_in(settings)

    assert isinstance(signed_in, SignedIn)
    assert signed_in.principal.actor.roles == ("warehouse", "driver")
    assert (await staff.colleagues(settings, "acme"))[0].person.version == 2


@rule("AU10")
async def test_who_is_deactivated_is_signed_out_until_activated_again(settings: Settings):
    await _signs_in(settings)

    await staff.set_active(settings, "acme", ANNA.email, active=False)
    devices, refused = await _devices(settings), await _signs_in(settings)
    await staff.set_active(settings, "acme", ANNA.email, active=True)

    assert devices == 0
    assert isinstance(refused, WrongPassword)
    assert isinstance(await _signs_in(settings), SignedIn)


async def test_the_same_again_writes_nothing(settings: Settings):
    await staff.set_roles(settings, "acme", ANNA.email, ANNA.roles)

    assert (await staff.colleagues(settings, "acme"))[0].person.version == 1


async def test_nobody_and_nowhere_are_named_with_the_way_on(settings: Settings, tmp_path: Path):
    with pytest.raises(CannotDo, match="`kanvoy users acme` lists everybody"):
        await staff.set_roles(settings, "acme", "zoe@acme.example", ("csr",))
    with pytest.raises(CannotDo, match="no tenant 'nobody'"):
        await staff.colleagues(settings, "nobody")
    with pytest.raises(CannotDo, match="no database yet"):
        await staff.colleagues(Settings(data=tmp_path / "elsewhere"), "acme")
