"""The workflow: a tenant's stages, the arrows between them, and the conditions on the arrows."""
