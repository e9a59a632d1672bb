"""The lines to the broker: a proxy that cuts them, holds them up, or swallows what the broker answers."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from deploy.servers import free_port
from deploy.servers.ports import LOOPBACK

CHUNK = 65_536  # bytes


class Lines:
    """Every connection to the broker goes through here, until it is cut."""

    def __init__(self, broker_port: int) -> None:
        self.port, self._broker_port = free_port(), broker_port
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._flows, self._answers = asyncio.Event(), asyncio.Event()

    @contextmanager
    def running(self) -> Iterator["Lines"]:
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._end(server), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    # --- what is done to them
    def cut(self) -> None:
        """As when a switch loses its power: whatever is under way is gone."""
        self._loop.call_soon_threadsafe(self._cut)

    def hold(self) -> None:
        """Nothing goes either way, and nobody is told, until `let_flow`."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def hold_answers(self) -> None:
        """The broker hears, and nobody hears the broker: no message, no confirm."""
        self._loop.call_soon_threadsafe(self._answers.clear)

    def let_flow(self) -> None:
        for gate in (self._flows, self._answers):
            self._loop.call_soon_threadsafe(gate.set)

    # --- the loop's own
    async def _serve(self) -> asyncio.Server:
        self._flows.set()
        self._answers.set()
        return await asyncio.start_server(self._line, LOOPBACK, self.port)

    async def _end(self, server: asyncio.Server) -> None:
        server.close()
        self._cut()
        for task in (others := asyncio.all_tasks() - {asyncio.current_task()}):
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, broker = await asyncio.open_connection(LOOPBACK, self._broker_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, broker}
        self._open |= ends
        asks = asyncio.create_task(self._pump(reader, broker))
        with suppress(OSError):
            await self._pump(answers, writer, self._answers)
        asks.cancel()
        self._open -= ends
        for end in ends:
            end.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event | None = None
    ) -> None:
        with suppress(OSError):
            while part := await source.read(CHUNK):
                for open_ in (self._flows, gate):
                    if open_:
                        await open_.wait()
                sink.write(part)
                await sink.drain()
        sink.transport.abort()
