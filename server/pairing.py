"""Codes for phones and displays, made at the machine itself."""

from protocols.vocabulary import Instant
from server.application.device_door import PAIRING_MS
from server.application.devices import DeviceKind
from server.desk import CannotDo, Desk
from server.settings import Settings

_PAGES: dict[DeviceKind, str] = {"driver": "driver", "display": "wallboard"}


async def pair(
    desk: Desk,
    slug: str,
    kind: DeviceKind,
    subject: str,
    *,
    uses: int = 1,
    lasts: int = PAIRING_MS,
) -> tuple[str, Instant]:
    """A one-time code for a driver or a view of this tenant, and until when it holds."""
    tenant = await desk.tenant(slug)
    made = await desk.devices.pair(
        tenant.id, kind, subject, by="command line", uses=uses, lasts=lasts
    )
    if made is None:
        what = "driver" if kind == "driver" else "view"
        raise CannotDo(f"{slug} has no active {what} {subject!r}")
    code, pairing = made
    return code, pairing.expires_at


def link(settings: Settings, kind: DeviceKind, code: str) -> str:
    """The page that takes the code; what stands behind # never reaches a server or its log."""
    return f"{settings.page_address}/{_PAGES[kind]}#pair={code}"
