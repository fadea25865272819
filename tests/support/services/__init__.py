"""Real PostgreSQL, Valkey and Chromium for tests, with no container and no root needed."""
