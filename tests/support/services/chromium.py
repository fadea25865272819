"""The Chromium that browser tests drive: the machine's own, because none can be downloaded.

Where it comes from, best first: `KANVOY_CHROMIUM`, a browser on the PATH, the usual places of
macOS, and what Playwright itself has installed.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from server.demo.engines.found import Availability, Found, Missing

#: The shell first: the same engine without the windows, menus and pages of a browser for people.
_PROGRAMS = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable", "chrome",
)  # fmt: skip
_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_PLAYWRIGHT_CACHES = (".cache/ms-playwright", "Library/Caches/ms-playwright")

#: A test browser talks to our server and to nobody else; the other options keep it from trying.
ARGUMENTS = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--no-first-run", "--disable-gpu", "--force-color-profile=srgb",
)  # fmt: skip


def find_chromium() -> Availability:
    """Look for a browser without starting it."""
    if chosen := os.environ.get("KANVOY_CHROMIUM"):
        if program := shutil.which(chosen):
            return Found("KANVOY_CHROMIUM", program)
        return Missing(f"KANVOY_CHROMIUM names {chosen}, which is no program")
    for name in (*_PROGRAMS, *_APPLICATIONS):
        if program := shutil.which(name):
            return Found("system", program)
    for cache in _PLAYWRIGHT_CACHES:
        for program_path in sorted((Path.home() / cache).glob("chromium-*/*/chrome"), reverse=True):
            return Found("playwright", str(program_path))
    return Missing("no browser found; install Chromium or Chrome, or set KANVOY_CHROMIUM")


def launch_options(found: Found) -> dict[str, Any]:
    """What `playwright.chromium.launch` needs for this browser."""
    # Chromium's sandbox refuses to start for root, and CI is root in a machine of its own.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": found.location, "args": [*ARGUMENTS, *sandbox], "headless": True}
