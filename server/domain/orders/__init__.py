"""The order: commercial promise, its deliveries, its place on the board."""
