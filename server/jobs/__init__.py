"""What a node does without being asked."""
