"""Programs that the Makefile runs: gates, locks and the client build."""
