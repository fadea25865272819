"""Which roles grant which permissions, as data."""

from collections.abc import Iterable
from functools import cache
from typing import Literal, get_args

from protocols.vocabulary import Category, Permission, Role

RolePreset = Literal["strict-S1", "open-S2"]
"""strict-S1: reading and creating need two roles each, CSRs only look and move. open-S2: one role
is enough, and CSRs create, edit and dispatch."""

Ways = tuple[tuple[Role, ...], ...]
"""Each way is a set of roles that must all be there; any way is enough."""


def _any(*roles: Role) -> Ways:
    return tuple((role,) for role in roles)


_TOP = _any("owner", "superadmin")
_BACK = _any("backoffice", "owner", "superadmin")
_STAFF = _any("order", "backoffice", "owner", "superadmin")
_DESK = _any("order", "backoffice", "owner", "superadmin", "csr")

_OPEN: dict[Permission, Ways] = {
    "order.read": _DESK + _any("warehouse", "dispatcher"),
    "order.create": _BACK + _any("csr"),
    "order.edit": _DESK,
    "order.cancel": _DESK,
    "order.delete": _TOP,
    "order.restore": _any("superadmin"),
    "order.archive": _BACK,
    "order.approve": _BACK,
    "price.read": _DESK,
    "price.override": _TOP,
    "discount.unlimited": _TOP,
    "payment.edit": _BACK,
    "stage.move": _DESK + _any("warehouse", "driver"),
    "gate.override": _TOP,
    "wip.override": _TOP,
    "driver.assign": _DESK + _any("dispatcher"),
    "csr.assign": _BACK,
    "csr.assign_self": _BACK + _any("csr"),
    "note.write": _DESK + _any("warehouse", "dispatcher", "driver"),
    "note.moderate": _BACK,
    "bulk.run": _DESK,
    "catalogue.edit": _BACK,
    "customer.edit": _DESK,
    "settings.edit": _TOP,
    "device.pair": _BACK + _any("dispatcher"),
}

_BOTH: Ways = (("order", "backoffice"),)

_STRICT: dict[Permission, Ways] = _OPEN | {
    "order.read": _BOTH + _TOP + _any("csr", "warehouse", "dispatcher"),
    "order.create": (("user", "owner"), ("superadmin",)),
    "order.edit": _STAFF,
    "price.read": _BOTH + _TOP + _any("csr"),
    "driver.assign": _STAFF + _any("dispatcher"),
    "bulk.run": _STAFF,
}

TABLE: dict[RolePreset, dict[Permission, Ways]] = {"strict-S1": _STRICT, "open-S2": _OPEN}

ALL: frozenset[Permission] = frozenset(get_args(Permission))

_REACH: dict[Role, frozenset[Category]] = {
    "warehouse": frozenset({"preparing", "ready"}),
    "driver": frozenset({"in_transit", "done", "failed"}),
}
"""Roles that may move cards into stages of these categories only."""

_ANYWHERE: frozenset[Role] = frozenset({"order", "backoffice", "owner", "superadmin", "csr"})


@cache
def _granted(roles: frozenset[Role], preset: RolePreset) -> frozenset[Permission]:
    return frozenset(
        permission
        for permission, ways in TABLE[preset].items()
        if any(roles.issuperset(way) for way in ways)
    )


def permissions(roles: Iterable[Role], preset: RolePreset) -> frozenset[Permission]:
    """Everything these roles may do together."""
    return _granted(frozenset(roles), preset)


def may_enter(roles: tuple[Role, ...], category: Category) -> bool:
    """Whether these roles may move a card into a stage of this category. [MV]

    Askers without any limited role, such as the system, are judged by permission alone.
    """
    limits = [_REACH[role] for role in roles if role in _REACH]
    if not limits or not _ANYWHERE.isdisjoint(roles):
        return True
    return any(category in limit for limit in limits)
