"""No package index and no folder of one machine is named in the repository.

A checkout installs from whatever index its machine is set up with. The words below are put
together here, so that this file itself does not name what it looks for.
"""

import re
import sys
from pathlib import Path

from tools.gate import ROOT, finish, repository_files

_HOSTS = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("registry", "yarnpkg", "com"),
    ("deb", "debian", "org"),
]
_FOLDERS = [("", "root", ""), ("", "work", "main"), ("", "work", "shared"), ("", "opt", "wheels")]
_PRIVATE_HOMES = [("", "home", ""), ("", "Users", "")]

_FORBIDDEN = re.compile(
    "|".join(
        [
            *(re.escape(".".join(host)) for host in _HOSTS),
            *(rf"(?<![\w.-]){re.escape('/'.join(folder))}" for folder in _FOLDERS),
            *(rf"(?<![\w.-]){re.escape('/'.join(home))}[a-z]\w*/" for home in _PRIVATE_HOMES),
        ]
    )
)


def problems(root: Path) -> list[str]:
    """One line for each place that names an address or a machine's folder."""
    found = []
    for path in repository_files(root):
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if hit := _FORBIDDEN.search(line):
                found.append(f"{path}:{number}: names {hit.group()}")
    return found


if __name__ == "__main__":
    sys.exit(finish("addresses", problems(ROOT)))
