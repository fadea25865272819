"""Anchors: signed words about where journals stood, kept where the database is not."""
