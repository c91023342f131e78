"""One WebSocket, from its handshake to its close."""

import asyncio
import math
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any

import structlog
from starlette.websockets import WebSocket

from parlez.api.platform import ids
from parlez.api.platform.socket.channel import Channel
from parlez.api.platform.socket.door import Door
from parlez.api.platform.socket.flood import Flood
from parlez.api.platform.socket.leaving import Close, Gone, Leave, leave_for
from parlez.api.platform.socket.messages import (
    Audio,
    Init,
    Listen,
    ListenStop,
    Message,
    Ping,
    Played,
    Pong,
    Say,
    Stop,
    read,
)
from parlez.api.platform.socket.talk import Talk
from parlez.core.bugs import describe
from parlez.core.errors import ParlezError
from parlez.core.identity import Caller
from parlez.http.problems import INTERNAL
from parlez.http.services import Services
from parlez.http.still_good import ended_credential

INIT_SECONDS = 10.0
PING_SECONDS = 20.0

LASTING_SECONDS = 10.0
"""How long a session may take to bring to an end what its client decided before it left."""


class SocketSession:
    """Reads messages one by one, each until what it asks for is begun. All else runs in tasks whose
    errors end the session, and which end with it: at once, or when they are done."""

    def __init__(self, inside: Services, socket: WebSocket):
        self._inside = inside
        self._socket = socket
        self._channel = Channel(socket)
        self._door = Door(inside, socket)
        self._flood = Flood()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lasting: set[asyncio.Task[None]] = set()
        self._leaving: asyncio.Future[Leave | None] = asyncio.get_running_loop().create_future()
        self._talk = Talk(
            inside,
            self._channel,
            self._spawn,
            self._see_through,
            self._good_caller,
            self._flood,
        )
        self._changed = asyncio.Event()
        self._held = ExitStack()
        self._caller: Caller | None = None

    def ask_to_return(self) -> None:
        message = "The server is being restarted. Connect again in a moment."
        self._end(Leave(Close.COME_BACK, "restarting", message))

    async def run(self) -> None:
        """Until the client is gone, or has to be."""
        with self._held, self._inside.sockets.holding(self):
            await self._socket.accept(self._door.subprotocol)
            self._spawn(self._read())
            try:
                leave = await self._leaving
            finally:
                await self._end_tasks()
            if leave:
                await self._channel.close(leave)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._start(work, self._tasks)

    def _see_through(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._start(work, self._lasting)

    def _start(
        self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)
        task.add_done_callback(self._on_end)
        return task

    def _on_end(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        match error:
            case None:
                pass
            case Gone():
                self._end(None)
            case Leave():
                self._end(error)
            case ParlezError():
                self._end(leave_for(error))
            case _:
                log = structlog.get_logger("parlez.sockets")
                log.error("unexpected error", bug=describe(error))
                self._end(Leave(Close.BUG, "internal_error", INTERNAL))

    def _end(self, leave: Leave | None) -> None:
        if not self._leaving.done():
            self._leaving.set_result(leave)

    async def _end_tasks(self) -> None:
        await _cancel(self._tasks)
        if self._lasting:
            await asyncio.wait(self._lasting, timeout=LASTING_SECONDS)
        await _cancel(self._lasting)

    async def _read(self) -> None:
        await self._channel.send("connection_established")
        try:
            async with asyncio.timeout(INIT_SECONDS):
                await self._begin()
        except TimeoutError:
            message = f"Send 'init' within {INIT_SECONDS:g} seconds."
            raise Leave(Close.TOO_SLOW, "init_timeout", message) from None
        while True:
            frame = await self._receive()
            try:
                if isinstance(frame, bytes):
                    await self._talk.hear_more(frame)
                else:
                    await self._take(read(frame))
            except ParlezError as error:
                await self._channel.tell(error)

    async def _begin(self) -> None:
        """Let the client in, by what it came with or by its first message."""
        if self._door.has_credential:
            await self._let_in(await self._door.open(None))
            await self._acknowledge()
            return
        frame = await self._receive()
        message = read(frame) if isinstance(frame, str) else None
        if not isinstance(message, Init):
            raise Leave(Close.OUT_OF_ORDER, "not_initialized", "The first message must be 'init'.")
        await self._initialize(message)

    async def _let_in(self, caller: Caller) -> None:
        self._caller = caller
        if caller.meters:
            self._held.enter_context(self._inside.sockets.of_account(caller.scope.account_id))
        self._held.enter_context(self._inside.gate.access.watching(self._changed.set))
        self._socket.state.let_in()
        # What changed before it was watched for is seen as well.
        self._changed.set()
        self._spawn(self._keep_looking())

    async def _initialize(self, message: Init) -> None:
        """The first `init` says who it is; one after that may say another conversation."""
        if self._caller is None or message.api_key is not None:
            key = message.api_key.get_secret_value() if message.api_key else None
            caller = await self._door.open(key)
            if self._caller is None:
                await self._let_in(caller)
            elif (caller.scope, caller.key_id) != (self._caller.scope, self._caller.key_id):
                raise Leave(
                    Close.OUT_OF_ORDER, "initialized", "This connection is somebody else's already."
                )
        assert self._caller
        await self._talk.initialize(self._caller.scope, message)
        await self._acknowledge()

    async def _acknowledge(self) -> None:
        assert self._caller
        fields = {}
        place = self._talk.place
        if place.conversation_id:
            fields["conversation_id"] = ids.conversation_id(place.conversation_id)
        await self._channel.send(
            "init_ack",
            status="connected",
            user_id=place.user_id or self._caller.scope.account_id,
            **fields,
        )

    async def _receive(self) -> str | bytes:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Gone
        text: str | None = message.get("text")
        if text is None:
            sound: bytes = message["bytes"]
            return sound
        self._flood.count()
        return text

    async def _take(self, message: Message) -> None:
        match message:
            case Init():
                await self._initialize(message)
            case Say():
                await self._talk.say(message)
            case Audio():
                await self._talk.hear(message)
            case Listen():
                await self._talk.listen(message)
            case ListenStop():
                await self._talk.listen_no_more()
            case Played():
                self._talk.played(message.epoch, message.milliseconds / 1_000)
            case Stop():
                await self._talk.stop()
            case Ping():
                await self._channel.send("pong")
            case Pong():
                pass

    async def _good_caller(self) -> Caller:
        """The caller, as the credential is now."""
        assert self._caller
        gate = self._inside.gate
        # Nobody is let in for the place alone once the server has an owner.
        is_late = self._caller.is_at_the_machine and gate.accounts.has_owner
        if gate.epoch != self._caller.epoch or gate.is_past(self._caller) or is_late:
            renewed = await self._door.renew(self._caller)
            if renewed is None:
                error = ended_credential()
                raise Leave(Close.UNAUTHENTICATED, error.code, error.message)
            self._caller = renewed
        return self._caller

    async def _keep_looking(self) -> None:
        """See that the credential is good still, whenever that might have changed; and send a sign
        of life now and then."""
        loop = asyncio.get_running_loop()
        next_ping = loop.time() + PING_SECONDS
        while True:
            try:
                async with asyncio.timeout(min(next_ping - loop.time(), self._seconds_left())):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            await self._good_caller()
            if loop.time() >= next_ping:
                next_ping = loop.time() + PING_SECONDS
                await self._channel.send("ping")

    def _seconds_left(self) -> float:
        """Until the credential ends by itself."""
        assert self._caller
        ends = self._caller.expires_at
        if ends is None:
            return math.inf
        return max(0.0, (ends - self._inside.gate.clock.now()) / 1_000_000 + 0.001)


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    """Until none is left, also of those that the others began."""
    while found := list(tasks):
        for task in found:
            task.cancel()
        await asyncio.wait(found)
