"""What SQLite acknowledged survives a power cut at any moment: our statements, our settings."""

from pathlib import Path

import pytest

from tests.support.cut_journal import cut

pytestmark = pytest.mark.asyncio

_IMAGES = 8


async def test_no_acknowledged_batch_is_lost_in_a_power_cut(migrated_file: Path, tmp_path: Path):
    cuts = [await cut(migrated_file, tmp_path, seed) for seed in range(_IMAGES)]

    assert [(each.lost, each.flaws) for each in cuts] == [(0, ())] * _IMAGES
    assert sum(each.acknowledged for each in cuts) > _IMAGES


async def test_this_experiment_would_notice_a_weaker_setting(migrated_file: Path, tmp_path: Path):
    cuts = [
        await cut(migrated_file, tmp_path, seed, "PRAGMA synchronous=NORMAL")
        for seed in range(_IMAGES)
    ]

    assert sum(each.lost > 0 for each in cuts) > 1
