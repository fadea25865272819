"""Write the hash-locked requirement files from `pyproject.toml`.

They hold versions and hashes and no address, so that a checkout installs the same packages
from whatever index its machine uses; a `uv.lock` would name the index. What is locked already
stays as it is, unless `--upgrade` or `--upgrade-package NAME` is given.
"""

import subprocess
import sys
from pathlib import Path

from tools.gate import ROOT

#: For every platform, and for our oldest Python whatever Python runs this.
_COMPILE = [
    *("uv", "pip", "compile", "--quiet", "--no-header"),
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
]

#: What each file holds. `dev` comes first: the others must agree with it.
FILES: dict[str, list[str]] = {
    "dev": ["pyproject.toml", "--extra", "traces", "--group", "dev"],
    "run": ["pyproject.toml", "--group", "build", "--constraint", "requirements/dev.lock"],
    "bootstrap": ["--group", "bootstrap"],
}


def write(name: str, sources: list[str], options: list[str]) -> None:
    """Write one file of `requirements/`; uv takes what stands in it as preferences."""
    target = Path("requirements") / f"{name}.lock"
    command = [*_COMPILE, *sources, *options, "--output-file", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"{target}: {(ROOT / target).read_text().count('==')} packages")


def main() -> int:
    """Write every file, with the options of the command line."""
    for name, sources in FILES.items():
        write(name, sources, sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
