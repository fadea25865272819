"""Founding tenants by hand."""

from difflib import get_close_matches

import msgspec

from protocols.vocabulary import Currency, TenantId
from server.application.accounts import Tenant
from server.desk import CannotDo, bring_up, open_desk
from server.domain.currencies import CURRENCIES
from server.domain.records import Settings as TenantSettings
from server.domain.workflow.presets import PRESETS
from server.settings import Settings
from server.system import local_time_zone


class NewTenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant to be founded."""

    slug: str
    name: str
    currency: Currency
    workflow: str
    locale: str = "en"
    time_zone: str = ""


async def create_tenant(settings: Settings, wanted: NewTenant) -> Tenant:
    """Found a tenant with its settings and a workflow; makes the database when there is none."""
    if wanted.workflow not in PRESETS:
        raise CannotDo(f"no workflow {wanted.workflow!r}; choose one of {', '.join(PRESETS)}")
    if wanted.currency not in CURRENCIES:
        raise CannotDo(_no_currency(wanted.currency))
    await bring_up(settings)
    async with open_desk(settings) as desk:
        tenant = Tenant(
            id=TenantId(desk.ids.uuid()),
            slug=wanted.slug,
            name=wanted.name,
            created_at=desk.clock.now(),
        )
        if not await desk.storage.accounts.create_tenant(tenant):
            raise CannotDo(f"there is a tenant {wanted.slug!r} already; choose another short name")
        record = TenantSettings(
            name=wanted.name,
            currency=wanted.currency,
            locale=wanted.locale,
            time_zone=wanted.time_zone or local_time_zone(),
        )
        await desk.save(tenant.id, record)
        await desk.save(tenant.id, PRESETS[wanted.workflow]())
        return tenant


def _no_currency(code: str) -> str:
    meant = get_close_matches(code.upper(), sorted(CURRENCIES), n=3)
    guess = f"; did you mean {', '.join(meant)}?" if meant else ""
    return f"{code!r} is no currency of ISO 4217, such as EUR or USD{guess}"
