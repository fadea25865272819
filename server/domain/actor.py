"""Who asks: a signed-in person, a driver, a display, or the system itself."""

from typing import Literal

from protocols.struct import Struct
from protocols.vocabulary import DriverId, Permission, PersonId, Role, TenantId, ViewId


class Actor(Struct, frozen=True, kw_only=True):
    """The asker of a command, as the credential says; never as the message says."""

    tenant_id: TenantId
    id: PersonId
    name: str
    roles: tuple[Role, ...]
    permissions: frozenset[Permission]
    driver_id: DriverId | None = None
    """The driver this person is, if they drive."""
    view_id: ViewId | None = None
    """The view this display shows, if it is one."""
    call_sign: str = ""
    """What the driver is called where no name may stand."""
    via: Literal["socket", "http", "system", "import", "automation"] = "socket"

    def may(self, permission: Permission) -> bool:
        """Whether the union of the actor's roles grants it."""
        return permission in self.permissions
