"""What waits runs beside the rest, and the last line counts both."""

import json
from pathlib import Path

from tools.suite import closing, counted


def test_the_last_line_counts_both_runs():
    assert closing([[3_990, 1, 9], [2, 0, 1]]) == "3992 passed, 1 failed, 10 skipped"


def test_what_a_run_counted_is_read_from_its_cache(tmp_path: Path):
    written = tmp_path / "v" / "kanvoy" / "counted"
    written.parent.mkdir(parents=True)
    written.write_text(json.dumps([2, 0, 1]))

    assert counted(tmp_path) == [2, 0, 1]


def test_a_run_that_never_counted_has_failed(tmp_path: Path):
    assert closing([[5, 0, 0], counted(tmp_path)]) == "5 passed, 1 failed, 0 skipped"
