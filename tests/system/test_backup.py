"""Backup and restore as an operator does them, beside a running server and on a full disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import environment, kanvoy, running

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

_SMALL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from server.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_backup_is_made_under_a_server_and_restored_without_it(tmp_path: Path):
    founded = kanvoy("create-tenant", "acme", folder=tmp_path)
    with running("serve", folder=tmp_path) as server:
        made = kanvoy("backup", "one.zip", folder=tmp_path)
        under = kanvoy("restore", "one.zip", "--replace", folder=tmp_path)
        assert server.stop() == 0
    restored = kanvoy("restore", "one.zip", "--replace", folder=tmp_path)
    drilled = kanvoy("backup", "--drill", folder=tmp_path)

    assert founded.returncode == 0
    assert (made.returncode, made.stderr) == (0, "")
    assert "acme up to sequence 2" in made.stdout
    assert under.returncode == 2
    assert "stop it first" in under.stderr
    assert (restored.returncode, drilled.returncode) == (0, 0)
    assert "every journal is whole" in restored.stdout
    assert "every journal is whole" in drilled.stdout
    assert {each.name for each in tmp_path.iterdir()} == {"kanvoy-data", "one.zip", "output.txt"}


def test_a_full_disk_is_told_and_leaves_no_half_backup(tmp_path: Path):
    assert kanvoy("create-tenant", "acme", folder=tmp_path).returncode == 0

    done = subprocess.run(
        [sys.executable, "-c", _SMALL_DISK, "backup", "one.zip"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "nothing is left" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["kanvoy-data"]
