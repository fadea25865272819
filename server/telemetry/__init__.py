"""What the operator of a node can see of it."""
