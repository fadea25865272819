"""Budgets, measured: `python -m tests.bench NAME [--json]`; goals are in `docs/performance.md`."""
