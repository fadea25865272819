"""Where drivers are, out of the presence channel that their phones show themselves on."""

from protocols.values import Point
from protocols.vocabulary import DriverId, TenantId
from server.realtime.channels import DRIVERS
from server.realtime.presence import Presences


class Whereabouts:
    """Reads what phones told this node; phones on other nodes are not known here."""

    def __init__(self, presences: Presences) -> None:
        """Read from these."""
        self._presences = presences

    def positions(self, tenant_id: TenantId) -> dict[DriverId, Point]:
        """The last word of each driver, none older than a minute."""
        return {
            person.driver_id: Point(lat=person.position.lat, lon=person.position.lon)
            for person in self._presences.present(tenant_id, DRIVERS)
            if person.driver_id is not None and person.position is not None
        }
