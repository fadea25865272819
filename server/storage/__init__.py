"""The durable truth, on SQLite and PostgreSQL. Nothing of SQLAlchemy leaves this package."""
