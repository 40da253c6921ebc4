-- Search by a part of a name. The extension is a trusted one: the owner of the database may install it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
