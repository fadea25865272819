"""All that pytest plays. What waits for minutes runs beside the rest: it needs little of a core.

    python -m tools.suite -n 2 --dist loadgroup

The arguments are for the rest. What waits says what it has to say when the rest is done, and the
last line counts both, in the form that CI reads.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tools.gate import ROOT

WAITS = "waits"
"""The marker of the tests that run beside the others."""

WAITING = "tests/experiments"
"""The folder that they are in: who plays two tests need not load four thousand."""

CACHES = (Path(".pytest_cache"), Path(".pytest_cache") / "beside")
"""Where the rest, and what waits, remember what failed and how many did what."""

_COUNTED = Path("v") / "kanvoy" / "counted"
_GENTLY = ["nice", "-n", "5"]
"""How nice what waits is to the rest: a browser must not miss a deadline because of it."""


def main(arguments: Sequence[str]) -> int:
    """Play both; the exit code of the rest, or else of what waits."""
    for cache in CACHES:
        (ROOT / cache / _COUNTED).unlink(missing_ok=True)
    with tempfile.TemporaryFile("w+") as said:
        beside = _beside(said)
        try:
            code = subprocess.run(
                _pytest("-m", f"not {WAITS}", *arguments), cwd=ROOT, check=False
            ).returncode
            # Also when the rest has failed: what waits is judged all the same.
            waited = beside.wait()
        finally:
            beside.terminate()
            beside.wait()
        said.seek(0)
        print(f"\n--- what waits, beside the rest ---\n{said.read()}")
    print(closing([counted(ROOT / cache) for cache in CACHES]), flush=True)
    return code or waited


def counted(cache: Path) -> list[int]:
    """How many passed, failed and were skipped, as the run with this cache wrote it down."""
    written = cache / _COUNTED
    # A run that ended before it could count has failed, as a whole.
    return list(json.loads(written.read_text())) if written.exists() else [0, 1, 0]


def closing(runs: Sequence[Sequence[int]]) -> str:
    """The last line."""
    passed, failed, skipped = (sum(column) for column in zip(*runs, strict=True))
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def _beside(said: IO[str]) -> subprocess.Popen[bytes]:
    command = [*_GENTLY, *_pytest(WAITING, "-m", WAITS, "-o", f"cache_dir={CACHES[1]}")]
    return subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)


def _pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
