"""Databases on a PostgreSQL server, each empty and of its own."""

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier


def create_database(server: str, name: str) -> str:
    """Gives the URL of the new database."""
    _do(server, "CREATE DATABASE {}", name)
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def drop_database(server: str, name: str) -> None:
    """Closes its connections, too."""
    _do(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _do(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL(statement).format(Identifier(name)))
