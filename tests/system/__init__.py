"""Tests that start a real process."""
