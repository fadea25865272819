"""What waits runs beside the rest, and the last line counts both."""

import json
from pathlib import Path

from tools.gate import ROOT
from tools.suite import WAITING, WAITS, closing, counted


def test_the_last_line_counts_both_runs():
    assert closing([[3_990, 1, 9], [2, 0, 1]]) == "3992 passed, 1 failed, 10 skipped"


def test_what_a_run_counted_is_read_from_its_cache(tmp_path: Path):
    written = tmp_path / "v" / "kanvoy" / "counted"
    written.parent.mkdir(parents=True)
    written.write_text(json.dumps([2, 0, 1]))

    assert counted(tmp_path) == [2, 0, 1]


def test_a_run_that_never_counted_has_failed(tmp_path: Path):
    assert closing([[5, 0, 0], counted(tmp_path)]) == "5 passed, 1 failed, 0 skipped"


def test_what_waits_is_where_the_second_run_looks_for_it():
    marked = [
        path.relative_to(ROOT).as_posix()
        for folder in ("tests", "client/python/tests")
        for path in (ROOT / folder).rglob("*.py")
        if f"mark.{WAITS}" in path.read_text(encoding="utf-8")
    ]

    assert marked
    assert all(path.startswith(f"{WAITING}/") for path in marked), marked
