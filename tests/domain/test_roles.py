from protocols.vocabulary import Permission, Role
from server.domain.roles import ALL, TABLE, may_enter, permissions
from tests.support.rules import rule


@rule("RO1")
def test_roles_grant_together_what_one_alone_does_not():
    assert "order.read" not in permissions(("order",), "strict-S1")
    assert "order.read" in permissions(("order", "backoffice"), "strict-S1")
    assert "order.create" not in permissions(("owner",), "strict-S1")
    assert "order.create" in permissions(("user", "owner"), "strict-S1")


@rule("RO1")
def test_the_open_preset_lets_a_csr_create():
    assert "order.create" in permissions(("csr",), "open-S2")
    assert "order.create" not in permissions(("csr",), "strict-S1")


def test_every_preset_says_something_about_every_permission():
    assert all(set(table) == ALL for table in TABLE.values())


def test_more_roles_never_grant_less():
    roles: list[Role] = ["user", "order", "csr", "warehouse", "driver", "owner", "superadmin"]
    for preset in TABLE:
        before: frozenset[Permission] = frozenset()
        for count in range(len(roles) + 1):
            granted = permissions(roles[:count], preset)
            assert granted >= before
            before = granted
        assert before == ALL


def test_displays_may_do_nothing():
    assert permissions(("display",), "open-S2") == frozenset()


@rule("MV6")
def test_the_warehouse_reaches_only_its_own_stages():
    assert may_enter(("warehouse",), "ready")
    assert not may_enter(("warehouse",), "done")
    assert may_enter(("warehouse", "owner"), "done")
    assert may_enter((), "done")
