"""`python -m protocols.generate [--check]`: write what is derived, or say what is out of date."""

import os
import sys
from pathlib import Path

from protocols.generate.asyncapi import asyncapi
from protocols.generate.schema import fingerprint, json_schema
from protocols.generate.sdk import public_modules, wire_modules
from protocols.generate.typescript import TypeScript

ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "client/python/src/kanvoy_client"


def generated() -> dict[Path, str]:
    """Every derived file with the text it should have."""
    return {
        ROOT / "client/protocol/src/messages.gen.ts": TypeScript().text(),
        ROOT / "protocols/schema/messages.schema.json": json_schema(),
        ROOT / "protocols/schema/asyncapi.yaml": asyncapi(),
        **{SDK / "_wire" / name: text for name, text in wire_modules().items()},
        **{SDK / name: text for name, text in public_modules().items()},
    }


def stale(files: dict[Path, str]) -> list[Path]:
    """The derived files whose text is not what the Structs say."""
    return [path for path, text in files.items() if not path.exists() or path.read_text() != text]


def main(arguments: list[str], files: dict[Path, str]) -> int:
    """Write stale files, or with `--check` only name them and answer 1."""
    outdated = stale(files)
    for path in outdated:
        sys.stdout.write(f"{os.path.relpath(path, ROOT)}\n")
    if "--check" in arguments:
        return 1 if outdated else 0
    for path in outdated:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
    sys.stdout.write(f"fingerprint {fingerprint()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], generated()))
