"""A proxy that stands between any two that speak over a stream, and does to them what networks do.

Places are ports on loopback, or paths of unix sockets. Told nothing, it carries bytes; told otherwise:

    cut        every connection ends with a reset; new ones are carried
    refuse     new connections end at once, until `accept`
    stall      nothing is read from either side, or from the server alone, until `go_on`: what was sent waits and comes later
    silence    bytes are swallowed, the ends of connections as well; what was connected meanwhile stays dead after `speak`,
               as behind a router that has forgotten it (half-open)
    delay_s    each piece waits so long
    change     a function that makes, for each connection and each way (from the server: True), one that turns a piece into a list of
               pieces, or None: as it is
"""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import contextlib
import socket
import struct
import threading

PIECE_BYTES = 65536


def reset(writer):
    """Ends a connection so that its other end sees a reset and not an end in good order."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Pair:
    """A connection of a client, and the one made for it to the server."""

    def __init__(self, client, server):
        self.writers = [client, server]
        self.is_dead = False

    def abort(self):
        """Both ends are reset."""
        for writer in self.writers:
            reset(writer)


class Proxy:
    """Carries between `listen` and `target` from __enter__ to __exit__."""

    def __init__(self, listen, target, change=None):
        self.listen = listen
        self.target = target
        self.change = change
        self.delay_s = 0.0
        self.pairs = set()
        self.is_refusing = False
        self.is_silent = False
        self.carried_bytes = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.may_read = {}  # of clients (False) and of servers (True)

    def __enter__(self):
        self.thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_):
        self._run(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    # ---- what it is told ----

    def cut(self):
        """Every connection that is there ends."""
        self._call(lambda: [pair.abort() for pair in self.pairs])

    def refuse(self):
        """From now on nobody is let in."""
        self._call(lambda: setattr(self, "is_refusing", True))

    def accept(self):
        """Everybody is let in again."""
        self._call(lambda: setattr(self, "is_refusing", False))

    def stall(self, is_server_only=False):
        """Nobody is read from, or servers are not."""
        self._call(lambda: [event.clear() for is_server, event in self.may_read.items() if is_server or not is_server_only])

    def go_on(self):
        """What waited is carried."""
        self._call(lambda: [event.set() for event in self.may_read.values()])

    def silence(self):
        """From now on all is swallowed."""
        def kill():
            self.is_silent = True
            for pair in self.pairs:
                pair.is_dead = True
        self._call(kill)

    def speak(self):
        """New connections are carried."""
        self._call(lambda: setattr(self, "is_silent", False))

    # ---- in its thread ----

    def _call(self, work):
        async def call():
            work()
        self._run(call())

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def _open(self):
        self.may_read = {is_server: asyncio.Event() for is_server in (False, True)}
        for event in self.may_read.values():
            event.set()
        if isinstance(self.listen, int):
            self.server = await asyncio.start_server(self._take, "127.0.0.1", self.listen)
        else:
            self.server = await asyncio.start_unix_server(self._take, str(self.listen))

    async def _close(self):
        self.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pair in list(self.pairs):
            pair.abort()
        await asyncio.sleep(0)

    async def _connect(self):
        if isinstance(self.target, int):
            return await asyncio.open_connection("127.0.0.1", self.target)
        return await asyncio.open_unix_connection(str(self.target))

    async def _take(self, reader, writer):
        if self.is_refusing:
            reset(writer)
            return
        try:
            from_server, to_server = await self._connect()
        except OSError:
            reset(writer)
            return
        pair = Pair(writer, to_server)
        pair.is_dead = self.is_silent
        self.pairs.add(pair)
        try:
            await asyncio.gather(self._carry(pair, reader, to_server, False), self._carry(pair, from_server, writer, True))
        finally:
            self.pairs.discard(pair)
            if not pair.is_dead:
                pair.abort()

    async def _carry(self, pair, reader, writer, is_from_server):
        change = self.change and self.change(is_from_server)
        with contextlib.suppress(OSError):
            while piece := await self._read(reader, is_from_server):
                for part in change(piece) if change else [piece]:
                    if not pair.is_dead:
                        self.carried_bytes += len(part)
                        writer.write(part)
                        await writer.drain()
            if not pair.is_dead:
                writer.write_eof()
                return
        if not pair.is_dead:
            pair.abort()

    async def _read(self, reader, is_from_server):
        await self.may_read[is_from_server].wait()
        piece = await reader.read(PIECE_BYTES)
        await self.may_read[is_from_server].wait()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        return piece
