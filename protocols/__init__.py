"""The wire between Kanvoy and its clients, and nothing else."""
