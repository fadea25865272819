"""What all gates share: how they see the repository and how they end."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def repository_files(root: Path, *suffixes: str) -> Iterator[Path]:
    """The files that are, or are about to be, under version control; relative to `root`.

    Asking git leaves out everything that is built or installed, whatever it is called.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    for name in sorted(set(listing.stdout.split("\0"))):
        path = Path(name)
        # A file that was deleted and not yet committed is still listed.
        if name and (not suffixes or path.suffix in suffixes) and (root / path).is_file():
            yield path


def finish(gate: str, problems: Sequence[str]) -> int:
    """Print what is wrong, one line each, and answer the exit code."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{gate}: {len(problems)} to mend", file=sys.stderr)
    return 1 if problems else 0


def nothing_to_check(gate: str, missing: str) -> int:
    """Pass, but say aloud that nothing was looked at."""
    print(f"{gate}: NOTHING CHECKED, {missing} does not exist yet", file=sys.stderr)
    return 0
