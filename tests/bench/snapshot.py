"""The whole board of a large tenant: what the first reader costs, and what goes over the wire."""

from statistics import median

from tests.bench.processes import load, serving
from tests.bench.report import Report, Scale, at_most, machine, rounded


def run(scale: Scale) -> Report:
    """A fresh node per round; three readers each, of which the first pays."""
    rounds = []
    for _ in range(scale.rounds):
        spec = {"store": "memory", "tenants": 1, "orders": scale.orders}
        with serving("tests.bench.servers.kanvoy", spec) as server:
            rounds.append(load("snapshot", {"target": server.target, "readers": 3})["readers"])
    firsts = [readers[0] for readers in rounds]
    nexts = [reader for readers in rounds for reader in readers[1:]]
    cpu = 1_000 * median(one["cpu"] for one in firsts)
    wire = median(one["bytes"] for one in firsts) / 1e6
    screen = 1_000 * median(one["first_screen"] for one in firsts)
    return Report(
        name="snapshot",
        machine=machine(),
        figures={
            "open orders": scale.orders,
            "things sent": firsts[0]["items"],
            "parts": firsts[0]["parts"],
            "first reader, server CPU ms": rounded(cpu),
            "later readers, server CPU ms": rounded(1_000 * median(one["cpu"] for one in nexts)),
            "on the wire MB": rounded(wire),
            "as JSON MB": rounded(firsts[0]["json_bytes"] / 1e6),
            "preview kB": rounded(firsts[0]["preview_bytes"] / 1e3),
            "hello → preview ms, first reader": rounded(screen),
            "hello → preview ms, later readers": rounded(
                1_000 * median(one["first_screen"] for one in nexts)
            ),
            "hello → whole ms, first reader": rounded(
                1_000 * median(one["elapsed"] for one in firsts)
            ),
        },
        goals=[
            at_most("snapshot CPU once per node", cpu, 120, " ms"),
            at_most("snapshot on the wire", wire, 2.4, " MB"),
            at_most("first screen after hello", screen, 300, " ms"),
        ],
    )
