"""Everything that proves Kanvoy does what its rules say."""
