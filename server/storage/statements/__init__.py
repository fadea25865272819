"""What we ask of the tables, in SQLAlchemy Core."""
