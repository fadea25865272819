"""`kanvoy verify`: whether every journal is whole, and still the one that was anchored."""

import argparse
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server.anchoring.anchor import hex_of
from server.anchoring.anchors import Anchors, anchor_file, key_file, untold
from server.anchoring.check import check, read, standing
from server.anchoring.key import BadKey, own_key, public_key
from server.desk import CannotDo, must_be_there
from server.settings import Settings
from server.storage.open import Storage, open_storage
from server.system import SystemClock

Chore = Callable[[argparse.Namespace, Settings], Awaitable[int]]


async def _verify(asked: argparse.Namespace, settings: Settings) -> int:
    await must_be_there(settings)
    async with open_storage(settings.database) as storage:
        found = await _journals(storage)
        if asked.anchors is not None:
            found += await _anchored(asked, settings, storage)
        if asked.settle:
            anchors = Anchors(settings.data, storage.store, storage.accounts, SystemClock(), untold)
            count = await anchors.write(settles=True)
            print(f"{count} journals are anchored as they are; what was beyond is given up.")
    print("Every journal is whole." if not found else f"{found} problems; restore a backup.")
    return 1 if found else 0


async def _journals(storage: Storage) -> int:
    found = 0
    for tenant in await storage.accounts.tenants():
        problems = await storage.verify(tenant.id)
        print(f"{'✗' if problems else '✓'} {tenant.slug}")
        for problem in problems:
            print(f"    {problem}")
        found += len(problems)
    return found


async def _anchored(asked: argparse.Namespace, settings: Settings, storage: Storage) -> int:
    path = Path(asked.anchors) if asked.anchors else anchor_file(settings.data)
    try:
        key = public_key(asked.key) if asked.key else _own(settings)
        with path.open("rb") as lines:
            anchors, wrong = read(lines, key)
    except BadKey as error:
        raise CannotDo(str(error)) from error
    except OSError as error:
        raise CannotDo(f"{path} cannot be read: {error.strerror}") from error
    for line in wrong:
        print(f"✗ {path}: {line}")
    found, slugs = len(wrong), {each.id: each.slug for each in await storage.accounts.tenants()}
    for tenant_id, held in standing(anchors).items():
        breaches = [str(each) for each in await check(storage.store, tenant_id, held)]
        if tenant_id not in slugs:
            breaches = [f"the tenant {tenant_id} was anchored and is gone"]
        print(f"{'✗' if breaches else '✓'} {slugs.get(tenant_id, tenant_id)}: {len(held)} anchors")
        for breach in breaches:
            print(f"    {breach}")
        found += len(breaches)
    print(f"The key of these anchors is {hex_of(key)}.")
    return found


def _own(settings: Settings) -> Ed25519PublicKey:
    path = key_file(settings.data)
    if not path.exists():
        raise CannotDo(f"there is no key {path} yet; a server makes it, or name one with --key")
    return own_key(path).public_key()


def add_to(chore: Callable[[str, Chore, str], Any]) -> None:
    """Add our command through the parser's own way of adding one."""
    verifying = chore("verify", _verify, "prove that every journal is whole")
    verifying.add_argument(
        "--anchors", nargs="?", const="", metavar="FILE", help="compare with what was anchored"
    )
    verifying.add_argument("--key", help="whose anchors to believe: a public key, written down")
    verifying.add_argument(
        "--settle", action="store_true", help="accept the journals as they are from here on"
    )
