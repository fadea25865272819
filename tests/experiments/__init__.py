"""Experiments count what tests only sample; see docs/reliability.md."""

import sys
from pathlib import Path

# pytest knows the SDK's sources from pyproject.toml; `python -m` and its workers learn it here.
_SDK = str(Path(__file__).parents[2] / "client" / "python" / "src")
if _SDK not in sys.path:
    sys.path.insert(0, _SDK)
