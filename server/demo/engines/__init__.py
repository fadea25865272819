"""Real PostgreSQL and Valkey from wheels or the system, with no container and no root needed."""
