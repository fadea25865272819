"""Packaging hook: whoever builds kanvoy from a checkout gets the browser client with it."""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ClientBuildHook(BuildHookInterface[Any]):
    """Builds `client/` with the Node that a Python wheel carries."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build, unless told not to, or in an sdist, which carries the built files."""
        root = Path(self.root)
        if os.environ.get("KANVOY_SKIP_CLIENT") or not (root / "client").exists():
            return
        # The build backend runs without the project on its path.
        sys.path.insert(0, str(root))
        from tools import build_client  # noqa: PLC0415

        if build_client.build(root):
            self.app.display_info("kanvoy: browser client built")
