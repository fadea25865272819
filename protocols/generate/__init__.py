"""Everything derived from the Structs: TypeScript, JSON Schema, AsyncAPI and the SDK's copy."""
