"""`python -m tests.protocols.record` writes `protocols/fixtures/recorded-*.json` anew.

Every released revision's recordings are kept: what a server once said, clients must go on reading.
"""

import asyncio
import json
import sys
from pathlib import Path

from tests.protocols.recordings import SCRIPTS, record

FOLDER = Path(__file__).parents[2] / "protocols" / "fixtures"


async def recordings() -> dict[Path, str]:
    """Each file with what it would hold if it were written now."""
    return {FOLDER / f"recorded-{name}.json": _written(await record(name)) for name in SCRIPTS}


def stale(wanted: dict[Path, str]) -> list[str]:
    """Files that are not what the feed says today."""
    return [
        path.name for path, text in wanted.items() if not path.exists() or path.read_text() != text
    ]


def main(words: list[str]) -> int:
    """Write all recordings; with `--check` only say which are out of date."""
    wanted = asyncio.run(recordings())
    names = stale(wanted)
    if "--check" in words:
        sys.stdout.write("".join(f"{name} is not what the feed says\n" for name in names))
        return 1 if names else 0
    for path, text in wanted.items():
        path.write_text(text)
    sys.stdout.write(f"{len(names)} of {len(wanted)} recordings changed\n")
    return 0


def _written(conversation: dict[str, object]) -> str:
    return json.dumps(conversation, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
