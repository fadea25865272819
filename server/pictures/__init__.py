"""Making harmless pictures of what phones send."""
