"""Sockets: sessions, channels, frames, presence."""
