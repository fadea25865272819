"""A peer on Node: becomes `node script`, so that the process measured is the peer itself."""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from tests.bench.peers.install import NODE_MODULES, node

_SCRIPTS = Path(__file__).with_name("node")


def main() -> NoReturn:
    """Replace ourselves; the spec's `script` names a file beside us."""
    program = node()
    if program is None:
        raise RuntimeError("no node")
    script = _SCRIPTS / json.loads(sys.argv[1])["script"]
    found = {**os.environ, "NODE_PATH": str(NODE_MODULES), "NODE_ENV": "production"}
    os.execve(program, [program, str(script), sys.argv[1]], found)


if __name__ == "__main__":
    main()
