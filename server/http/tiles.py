"""Whose tiles a page may load: those of the house whose cookie asked for it. [TS]"""

from server.application.node import Node
from server.application.ports import StorageBusy
from server.application.principal import Authenticator
from server.domain.tile_source import tile_origin
from server.http.credentials import credential_of
from server.http.peer import AnyRequest
from server.settings import Settings


async def tiles_for(
    request: AnyRequest, authenticator: Authenticator, node: Node, settings: Settings
) -> str | None:
    """The one foreign origin for this page; None for strangers, devices and houses without.

    A page is served whatever happens: while the storage is busy, without tiles.
    """
    credential = credential_of(request, settings)
    if credential is None or credential.kind != "cookie":
        return None
    try:
        principal = await authenticator.authenticate("cookie", credential.token)
        # TS2
        if principal is None or principal.actor.view_id is not None:
            return None
        images = await node.images(principal.actor.tenant_id)
    except StorageBusy:
        return None
    return tile_origin(images.settings.tile_url)
