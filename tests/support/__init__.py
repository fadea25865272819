"""What tests are built from: plain modules, imported by name."""
