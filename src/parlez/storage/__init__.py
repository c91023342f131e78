"""The database behind the store ports; the only importer of SQLAlchemy."""
