"""The statements about devices, their tokens, codes and tickets."""

from sqlalchemy import BindParameter, Table, and_, bindparam, delete, or_, select, update

from server.storage.flavour import Flavour
from server.storage.prepared import Prepared
from server.storage.tables import device_tokens, devices, displays_asking, pairings, tickets

_TENANT: BindParameter[str] = bindparam("tenant_id")
_NOW: BindParameter[int] = bindparam("now")

_STATE = ("seen_at", "rotated_at", "generation", "parent", "used")


class DeviceStatements:
    """Compiled once per adapter."""

    def __init__(self, flavour: Flavour) -> None:
        """Compile everything for one database."""
        self.flavour = flavour
        self._devices()
        self._changes()
        self._pairings()
        self._tickets()
        self._displays()

    def _insert(self, table: Table) -> Prepared:
        return Prepared(self.flavour.insert(table), self.flavour)

    def _devices(self) -> None:
        flavour = self.flavour
        self.open_device = self._insert(devices)
        self.add_token = self._insert(device_tokens)
        # tenant: the token is what tells it
        self.token = Prepared(
            select(device_tokens).where(device_tokens.c.token_hash == bindparam("token_hash")),
            flavour,
        )
        own = (devices.c.tenant_id == _TENANT, devices.c.id == bindparam("id"))
        self.device = Prepared(select(devices).where(*own), flavour)
        self.devices = Prepared(
            select(devices)
            .where(devices.c.tenant_id == _TENANT)
            .order_by(devices.c.paired_at.desc(), devices.c.id),
            flavour,
        )
        self.valid = Prepared(
            select(devices.c.id).where(
                devices.c.tenant_id == _TENANT, flavour.one_of(devices.c.id, "ids")
            ),
            flavour,
        )

    def _changes(self) -> None:
        flavour = self.flavour
        own = (devices.c.tenant_id == _TENANT, devices.c.id == bindparam("device_id"))
        self.change = Prepared(
            update(devices)
            .where(
                *own,
                devices.c.generation == bindparam("seen_generation"),
                devices.c.used == bindparam("seen_used"),
            )
            .values({name: bindparam(f"new_{name}") for name in _STATE})
            .returning(devices.c.id),
            flavour,
        )
        self.drop_access = Prepared(
            delete(device_tokens).where(
                device_tokens.c.tenant_id == _TENANT,
                device_tokens.c.device_id == bindparam("device_id"),
                device_tokens.c.use == "access",
                device_tokens.c.generation < bindparam("oldest"),
            ),
            flavour,
        )
        self.revoke = Prepared(delete(devices).where(*own).returning(devices.c.id), flavour)
        self.revoke_subject = Prepared(
            delete(devices)
            .where(
                devices.c.tenant_id == _TENANT,
                devices.c.kind == bindparam("kind"),
                devices.c.subject == bindparam("subject"),
            )
            .returning(devices.c.id),
            flavour,
        )
        self.prune_tokens = Prepared(
            delete(device_tokens).where(
                device_tokens.c.tenant_id == _TENANT, device_tokens.c.expires_at <= _NOW
            ),
            flavour,
        )

    def _pairings(self) -> None:
        flavour = self.flavour
        self.open_pairing = self._insert(pairings)
        # tenant: the code is what tells it
        self.pairing = Prepared(
            select(pairings).where(
                pairings.c.code_hash == bindparam("code_hash"),
                pairings.c.expires_at > _NOW,
                pairings.c.uses > 0,
            ),
            flavour,
        )
        self.use_pairing = Prepared(
            update(pairings)
            .where(
                pairings.c.tenant_id == _TENANT,
                pairings.c.code_hash == bindparam("hash"),
                pairings.c.uses > 0,
            )
            .values(uses=pairings.c.uses - 1)
            .returning(pairings.c.uses),
            flavour,
        )
        self.prune_pairings = Prepared(
            delete(pairings).where(
                and_(
                    pairings.c.tenant_id == _TENANT,
                    or_(pairings.c.expires_at <= _NOW, pairings.c.uses <= 0),
                )
            ),
            flavour,
        )

    def _tickets(self) -> None:
        flavour = self.flavour
        self.open_ticket = self._insert(tickets)
        # tenant: the ticket is what tells it
        self.ticket = Prepared(
            select(tickets).where(
                tickets.c.ticket_hash == bindparam("ticket_hash"), tickets.c.expires_at > _NOW
            ),
            flavour,
        )
        self.take_ticket = Prepared(
            delete(tickets)
            .where(
                tickets.c.tenant_id == _TENANT, tickets.c.ticket_hash == bindparam("ticket_hash")
            )
            .returning(tickets.c.holder),
            flavour,
        )
        self.prune_tickets = Prepared(
            delete(tickets).where(tickets.c.tenant_id == _TENANT, tickets.c.expires_at <= _NOW),
            flavour,
        )

    def _displays(self) -> None:
        flavour, asking = self.flavour, displays_asking.c
        self.ask = self._insert(displays_asking)
        self.asking = Prepared(
            select(displays_asking).where(
                asking.user_hash == bindparam("user_hash"),
                asking.expires_at > _NOW,
                asking.approved_for == "",
            ),
            flavour,
        )
        self.approve = Prepared(
            update(displays_asking)
            .where(asking.user_hash == bindparam("hash"), asking.approved_for == "")
            .values(
                approved_for=bindparam("tenant"),
                view_id=bindparam("view"),
                name=bindparam("label"),
            )
            .returning(asking.user_hash),
            flavour,
        )
        self.waiting = Prepared(
            select(displays_asking).where(asking.device_hash == bindparam("device_hash")), flavour
        )
        self.take_display = Prepared(
            delete(displays_asking)
            .where(asking.device_hash == bindparam("device_hash"), asking.approved_for != "")
            .returning(asking.view_id),
            flavour,
        )
        self.prune_asking = Prepared(
            delete(displays_asking).where(asking.expires_at <= _NOW), flavour
        )
