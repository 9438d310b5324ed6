"""The PostgreSQL server that comes with Posthouse: made, started, kept alive and stopped by us."""

from posthouse.foundation.postgres.cluster import DATABASE, OWNER
from posthouse.foundation.postgres.embedded import EmbeddedPostgres
from posthouse.foundation.postgres.errors import PostgresUnusable

__all__ = ["DATABASE", "OWNER", "EmbeddedPostgres", "PostgresUnusable"]
