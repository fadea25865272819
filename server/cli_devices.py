"""`kanvoy` about phones and displays: one-time codes for them."""

import argparse
import io
from collections.abc import Awaitable, Callable

import segno

from server.application.devices import DeviceKind
from server.desk import must_be_there, open_desk
from server.pairing import link, pair
from server.settings import Settings

Chore = Callable[[argparse.Namespace, Settings], Awaitable[int]]
Add = Callable[[str, Chore, str], argparse.ArgumentParser]


def add_to(add: Add) -> None:
    """Make these commands known."""
    driver = add("pair-driver", _pair_driver, "a one-time code for a driver's phone")
    driver.add_argument("tenant", help="short name of the tenant")
    driver.add_argument("subject", metavar="DRIVER", help="id of the driver")
    display = add("pair-display", _pair_display, "a one-time code for a display")
    display.add_argument("tenant", help="short name of the tenant")
    display.add_argument("subject", metavar="VIEW", help="id of the view it shows")


async def _pair_driver(asked: argparse.Namespace, settings: Settings) -> int:
    return await _pair(asked, settings, "driver")


async def _pair_display(asked: argparse.Namespace, settings: Settings) -> int:
    return await _pair(asked, settings, "display")


async def _pair(asked: argparse.Namespace, settings: Settings, kind: DeviceKind) -> int:
    await must_be_there(settings)
    async with open_desk(settings) as desk:
        code, _ = await pair(desk, asked.tenant, kind, asked.subject)
    address = link(settings, kind, code)
    drawn = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(out=drawn, border=2, compact=True)
    print(f"{drawn.getvalue()}\n{code}, for ten minutes and one device: {address}")
    return 0
