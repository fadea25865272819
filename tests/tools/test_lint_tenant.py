"""A query on tenant data that does not name its tenant is found."""

import pytest

from tools.lint_tenant import problems

TABLES = """
metadata = MetaData()
tenants = Table("deployments", metadata, Column("id", String))
orders = Table("orders", metadata, Column("tenant_id", String), Column("id", String))
"""
IMPORTS = "from server.storage import tables\nfrom server.storage.tables import orders\n"


@pytest.fixture
def module(repository, write):
    write("server/storage/tables.py", TABLES)

    def write_module(body: str):
        write("server/storage/orders.py", IMPORTS + body)
        return problems(repository)

    return write_module


@pytest.mark.parametrize(
    "query",
    [
        "rows = select(orders).where(orders.c.id == order_id)",
        "rows = sa.select(tables.orders)",
        "connection.execute(update(orders).values(stage=1))",
        "connection.execute(orders.delete())",
        "select(orders).where(x); x, mine = 1, orders.c.tenant_id == 1",
    ],
)
def test_a_query_for_nobody_in_particular_is_named(module, query):
    assert module(query) == [
        "server/storage/orders.py:3: this query does not say which tenant it is for"
    ]


@pytest.mark.parametrize(
    "query",
    [
        "rows = select(orders).where(orders.c.tenant_id == tenant)",
        "rows = select(tables.orders).filter_by(tenant_id=tenant)",
        "connection.execute(insert(orders), rows)",
        "rows = select(tables.tenants)",
        "mine = (orders.c.tenant_id == tenant,)\nrows = select(orders).where(*mine)",
        "def own(t):\n    return t.c.tenant_id == 1\nrows = select(orders).where(own(orders))",
        "x, mine = 1, orders.c.tenant_id == 1\nalso = (mine,)\nselect(orders).where(*also)",
        "# tenant: all of them, the relay announces for everyone\nrows = select(orders)",
    ],
)
def test_a_query_that_names_its_tenant_or_says_why_not_passes(module, query):
    assert module(query) == []


def test_a_skip_code_without_a_reason_does_not_count(module):
    assert len(module("# tenant:\nrows = select(orders)")) == 1


def test_tables_that_the_gate_cannot_read_do_not_pass_silently(repository, write):
    write("server/storage/tables.py", "class Orders(Base): ...\n")

    assert len(problems(repository)) == 1
