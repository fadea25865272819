"""Images of SQLite's disk as power cuts leave them: the second half of X4."""

import asyncio
import multiprocessing
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from server.storage.migrate import migrate
from tests.experiments.registry import Finding
from tests.support.cut_journal import cut


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one image."""

    seed: int
    acknowledged: int = 0
    trouble: str = ""


class _Order(msgspec.Struct, frozen=True):
    seed: int
    migrated_file: Path
    pragmas: tuple[str, ...]


def images(seed: int, count: int, workers: int, *pragmas: str) -> list[Image]:
    """So many images, one per seed, spread over the workers; `pragmas` weaken the settings."""
    with tempfile.TemporaryDirectory(prefix="kanvoy-cuts-") as folder:
        migrated_file = Path(folder) / "kanvoy.db"
        asyncio.run(migrate(f"sqlite:///{migrated_file}"))
        orders = [_Order(each, migrated_file, pragmas) for each in range(seed, seed + count)]
        return list(_played(orders, workers))


def findings(played: list[Image]) -> tuple[Finding, ...]:
    """The images that lack something or are broken."""
    return tuple(Finding(each.seed, each.trouble) for each in played if each.trouble)


def _played(orders: list[_Order], workers: int) -> Iterator[Image]:
    if workers == 1:
        yield from map(_play, orders)
        return
    # Fresh processes: the parent may hold loops and threads, which a fork would copy.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_play, orders, chunksize=10)


def _play(order: _Order) -> Image:
    """One image. Whatever it raises is a finding: SQLite may find the file broken."""
    try:
        with tempfile.TemporaryDirectory(prefix="kanvoy-cut-") as folder:
            left = asyncio.run(cut(order.migrated_file, Path(folder), order.seed, *order.pragmas))
    except Exception as broken:  # noqa: BLE001 - whatever it is, the other images must be looked at
        return Image(seed=order.seed, trouble=f"image: {type(broken).__name__}: {broken}")
    trouble = list(left.flaws)
    if left.lost:
        trouble.append(f"{left.lost} of {left.acknowledged} acknowledged batches are lost")
    said = f"image: {'; '.join(trouble)}" if trouble else ""
    return Image(seed=order.seed, acknowledged=left.acknowledged, trouble=said)
