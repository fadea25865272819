"""The clock and the source of ids are read in one module; ruff keeps it so."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.gate import ROOT

RUFF = str(Path(sys.executable).parent / "ruff")

CALLS = [
    "import datetime\n\nNOW = datetime.datetime.now(datetime.UTC)\n",
    "from uuid import uuid4\n\nID = uuid4()\n",
    "import time\n\nNOW = time.time()\n",
]


def _lint(source: str, place: str) -> str:
    command = [RUFF, "check", "--select", "TID251", "--stdin-filename", place, "-"]
    return subprocess.run(
        command, input=source, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.parametrize("source", CALLS)
def test_reading_the_clock_or_drawing_an_id_is_refused_outside_of_system(source: str):
    assert "TID251" in _lint(source, "server/application/execute.py")
    assert "TID251" not in _lint(source, "server/system.py")
