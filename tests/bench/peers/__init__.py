"""What others would build for the same work, as their documentation shows it."""
