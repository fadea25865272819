"""The rules of who may import whom, each broken on purpose once in a copy of the real tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.gate import ROOT

LINT_IMPORTS = str(Path(sys.executable).parent / "lint-imports")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The packages and their contracts, in a place where we may break them."""
    only_python = shutil.ignore_patterns("static", "__pycache__", "fixtures", "schema")
    for package in ("server", "protocols"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("server/domain/broken.py", "import asyncio", "The domain is pure"),
        ("server/domain/broken.py", "import server.application", "Imports point down"),
        ("server/storage/broken.py", "import server.realtime", "Imports point down"),
        ("server/application/broken.py", "import litestar", "The application knows no technology"),
        ("server/application/broken.py", "import server.telemetry", "Imports point down"),
        (
            "server/domain/broken.py",
            "import protocols.from_client",
            "Only the edges speak the wire",
        ),
        ("protocols/broken.py", "import server.domain", "The protocol knows nobody"),
        ("server/stray.py", "", "Imports point down"),
    ],
)
def test_a_broken_direction_breaks_its_contract(house: Path, place: str, line: str, contract: str):
    (house / place).write_text(line + "\n", encoding="utf-8")

    outcome = subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=house, env={"PYTHONPATH": str(house), "PATH": ""}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert outcome.returncode == 1
    is_layers = contract == "Imports point down"
    assert f"{contract} BROKEN" in outcome.stdout or (is_layers and "stray" in outcome.stdout)
