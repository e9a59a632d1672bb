"""A table of handlers becomes a dramatiq worker; the only folder that knows dramatiq and pika.

dramatiq gives threads, retries and shutdown; RabbitMQ's queues are only looked at, never created, from here.

serving.py   consumes until it is told to stop
handling.py  what becomes of one message, or of many in one transaction; knows no dramatiq
consumer.py  takes messages from the broker, and says which are handled
threads.py   one queue's consumer and its threads, which take along what waits of one kind
broker.py    dramatiq's settings: connection, retries, the wire form, the table as actors
"""

from common.worker.handling import Handles, Rejected, handle, handle_together, nothing_ahead
from common.worker.serving import CLOSING, SHUTDOWN, serve

__all__ = ["CLOSING", "SHUTDOWN", "Handles", "Rejected", "handle", "handle_together", "nothing_ahead", "serve"]
