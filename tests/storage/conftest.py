"""Migrated databases for the tests of the adapters."""

from tests.support.storages import migrated_file, postgres_storage, sqlite_url

__all__ = ["migrated_file", "postgres_storage", "sqlite_url"]
