"""How the tables came to be, one revision per file; run by `store.migrate` (alembic)."""
