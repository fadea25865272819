"""What a browser loads first is weighed; what it loads later is not."""

import json
import random

from tools.check_bundle import STATIC, problems


def _noise(kilobytes: int) -> str:
    """Text that does not compress to less than this."""
    return random.Random(1).randbytes(kilobytes * 1000).hex()


def test_static_imports_count_and_late_ones_do_not(repository, write):
    manifest = {
        "board/index.html": {
            "file": "assets/board.js", "css": ["assets/board.css"],
            "imports": ["_kit.js"], "dynamicImports": ["late.ts"],
        },
        "_kit.js": {"file": "assets/kit.js", "imports": ["board/index.html"]},
        "late.ts": {"file": "assets/late.js"},
    }  # fmt: skip
    write(f"{STATIC}/manifest.json", json.dumps(manifest))
    write(f"{STATIC}/assets/board.js", "board()")
    write(f"{STATIC}/assets/kit.js", "kit()")
    write(f"{STATIC}/assets/late.js", _noise(120))
    write(f"{STATIC}/assets/board.css", "a{}")
    assert problems(repository / STATIC) == []

    write(f"{STATIC}/assets/kit.js", _noise(120))
    write(f"{STATIC}/assets/board.css", _noise(13))
    write(f"{STATIC}/assets/inter.woff2", "x" * 61_000)

    over = [problem.partition(":")[0] for problem in problems(repository / STATIC)]
    assert over == ["board scripts", "board styles", "fonts"]
