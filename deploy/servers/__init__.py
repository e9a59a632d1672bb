"""RabbitMQ and PostgreSQL: given, in Docker, or private to this checkout."""

from deploy.servers.choice import NoServer, choose_broker, choose_postgres, private_broker, private_postgres
from deploy.servers.containers import engine_answers, rabbit_container
from deploy.servers.databases import create_database, drop_database
from deploy.servers.ports import free_port, is_free
from deploy.servers.postgres import PostgresCluster, postgres_programs
from deploy.servers.rabbit import RabbitNode, rabbitmq_server
from deploy.servers.running import Given, NotOurs, NotReady, Private, Server

__all__ = [
    "Given",
    "NoServer",
    "NotOurs",
    "NotReady",
    "PostgresCluster",
    "Private",
    "RabbitNode",
    "Server",
    "choose_broker",
    "choose_postgres",
    "create_database",
    "drop_database",
    "engine_answers",
    "free_port",
    "is_free",
    "postgres_programs",
    "private_broker",
    "private_postgres",
    "rabbit_container",
    "rabbitmq_server",
]
