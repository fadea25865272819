"""For every command and every channel: old snapshot and frames are a fresh snapshot."""

import pytest

from tests.parity.cases import CASES, CHANNELS, KINDS, Case, kind_of
from tests.parity.table import a_table

pytestmark = pytest.mark.asyncio

BY_KIND = {kind_of(case.command): case for case in CASES}


async def test_every_kind_of_command_has_a_case():
    assert BY_KIND.keys() == KINDS
    assert len(CASES) == len(KINDS)


@pytest.mark.parametrize("codec", ["json", "msgpack"])
@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_old_snapshot_and_frames_equal_a_fresh_snapshot(kind, codec):
    case: Case = BY_KIND[kind]
    table = await a_table(*case.before)
    readers = {name: await table.reader(name, codec) for name in CHANNELS}
    before = {name: dict(reader.channel.items) for name, reader in readers.items()}

    await table.do(case.command)

    # Views only: on a display the version moves with every row, also with one that shows nothing.
    changed = [n for n in CHANNELS if drawn(readers[n].channel.items) != drawn(before[n])]
    assert changed == [name for name in CHANNELS if name in case.shown]
    for name, reader in readers.items():
        fresh = await table.reader(name, codec)
        if not reader.watches:
            # The order was not there to be watched, and whoever comes now begins afresh.
            continue
        assert views(reader.channel.items) == views(fresh.channel.items), name


def drawn(items):
    return {key: held.view for key, held in items.items()}


def views(items):
    return {key: (held.version, held.view) for key, held in items.items()}
