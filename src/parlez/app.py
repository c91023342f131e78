"""The application: the services behind the dialects, and the process around them."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import structlog
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_swagger import patch_fastapi
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from parlez import __version__
from parlez.api.apps import encode as apps_encode
from parlez.api.apps import pages as app_pages
from parlez.api.apps import routes as apps
from parlez.api.assistants import encode as assistants_encode
from parlez.api.assistants.routers import ROUTERS as ASSISTANTS
from parlez.api.conversations import encode as conversations_encode
from parlez.api.conversations import routes as conversations
from parlez.api.openai import (
    audio_routes,
    chat_routes,
    embedding_routes,
    models_routes,
    response_routes,
)
from parlez.api.openai import errors as openai_errors
from parlez.api.operations import routes as operations
from parlez.api.platform import chat as platform_chat
from parlez.api.platform import encode as platform_encode
from parlez.api.platform.routers import ROUTERS as PLATFORM
from parlez.api.platform.socket.session import PING_SECONDS
from parlez.api.truesync import encode as truesync_encode
from parlez.api.truesync import routes as truesync
from parlez.api.turns import routes as turns
from parlez.bootstrap import Server, running
from parlez.config import Settings
from parlez.http.app_cors import AppCors
from parlez.http.body_limit import BodyLimit
from parlez.http.direct import DirectRoutes
from parlez.http.edge import Edge
from parlez.http.forwarded import Forwarded
from parlez.http.openapi import describe_api
from parlez.http.page_files import router as page_parts
from parlez.http.peer import PeerAwareProtocol
from parlez.http.preflight import Preflight
from parlez.http.problems import Problems
from parlez.http.socket_port import SocketPort
from parlez.http.socket_protocol import SocketProtocol
from parlez.storage.data_folder import Owner

ASSISTANTS_PATHS = ("users", "tokens", "assistants", "chat")
"""What is below `/api/v1` and speaks the dialect `assistants`."""


SOUND_IN_JSON = "/api/voice/stt"


def create_app(server: Server) -> ASGIApp:
    """The ASGI application over a running server."""
    app = FastAPI(
        title="Parlez",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.state.services = server.services
    for router in (
        conversations.router,
        truesync.router,
        *ASSISTANTS,
        chat_routes.router,
        response_routes.router,
        embedding_routes.router,
        models_routes.router,
        audio_routes.router,
        turns.router,
        apps.router,
        app_pages.router,
        page_parts,
        *PLATFORM,
        operations.router,
    ):
        # They are whole: to include a router would build each of its routes a second time, at the
        # first request, which takes 0.15 seconds.
        app.router.routes.extend(router.routes)
    problems = Problems(
        {
            "/conversations": conversations_encode.problem_body,
            "/chat": truesync_encode.problem_body,
            "/generate_api_key": truesync_encode.problem_body,
            "/apps": apps_encode.problem_body,
            **{f"/api/v1/{name}": assistants_encode.problem_body for name in ASSISTANTS_PATHS},
            "/v1": openai_errors.problem_body,
        },
        platform_encode.problem_body,
    )
    problems.install(app)
    app.router.routes.extend(_documentation())
    describe_api(app)
    served = DirectRoutes(app, _hot_routes(), problems)
    limited = BodyLimit(
        served,
        limit=server.settings.max_body_bytes,
        upload_limit=server.settings.max_upload_bytes,
        of_paths={SOUND_IN_JSON: _in_base64(server.settings.max_audio_bytes)},
    )
    open_to_pages = AppCors(Preflight(limited), server.services.apps)
    edge = Edge(open_to_pages, problems=problems, metrics=server.services.metrics)
    proxies = server.settings.proxies
    return Forwarded(edge, proxies) if proxies else edge


def _documentation() -> list[APIRoute]:
    """The pages that show the API. FastAPI remembers their functions for good; these know an
    application of their own, so that one that has ended is not kept with all it held."""
    pages = FastAPI(title="Parlez", docs_url=None, swagger_ui_oauth2_redirect_url=None)
    patch_fastapi(pages)
    return [route for route in pages.routes if isinstance(route, APIRoute)]


def _in_base64(size: int) -> int:
    """What a file of that size takes in JSON, with some room for what stands beside it."""
    return size * 4 // 3 + 65_536


def _hot_routes() -> list[APIRoute]:
    """The routes that carry most of the load; see `http.direct`."""
    hot = (
        conversations.start,
        conversations.send,
        truesync.chat,
        platform_chat.chat,
        platform_chat.complete,
        chat_routes.complete,
    )
    routers = (
        conversations.router,
        truesync.router,
        platform_chat.router,
        chat_routes.router,
    )
    return [
        route
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.endpoint in hot
    ]


async def serve(settings: Settings, on_ready: Callable[[str, Server], None]) -> None:
    """Run a server until it is told to stop. `on_ready` gets its URL once it answers, and the
    server itself."""
    async with running(settings, _die) as server:
        await Process(server, lambda url: on_ready(url, server)).serve()


class Process(uvicorn.Server):
    """Uvicorn around one server. It ends followers, and running turns, before connections: those
    would wait for them."""

    def __init__(self, server: Server, on_ready: Callable[[str], None]):
        self._server = server
        self._on_ready = on_ready
        app = create_app(server)
        super().__init__(_config(app, server.settings))
        self._socket_config = _config(SocketPort(app, lambda: self._port), server.settings)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._open_socket_port()
            url = self._url()
            self._server.folder.announce(Owner(os.getpid(), url, self._server.control_token))
            self._on_ready(url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._server.folder.withdraw()
        for listening in self.servers:
            listening.close()
        await self._server.services.sockets.close()
        engine = self._server.services.engine
        engine.release_followers()
        ending = asyncio.create_task(engine.close(self._server.settings.shutdown_seconds))
        await super().shutdown(sockets)
        await ending

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As Uvicorn does, but without raising the signal again afterwards: there is a database to
        close."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {name: signal.signal(name, self.handle_exit) for name in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    @property
    def _port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])

    def _url(self) -> str:
        host = self.config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    async def _open_socket_port(self) -> None:
        """WebSockets are taken on the main port alone where the other one cannot be had."""
        settings = self._server.settings
        if not settings.websocket_port:
            return
        self._socket_config.load()
        protocol = partial(
            PeerAwareProtocol, self._socket_config, self.server_state, self.lifespan.state
        )
        try:
            listening = await asyncio.get_running_loop().create_server(
                protocol,
                settings.host,
                settings.websocket_port,
                backlog=self._socket_config.backlog,
            )
        except OSError as reason:
            structlog.get_logger("parlez.start").warning(
                "the port for WebSockets cannot be had; /ws of the main port takes them",
                port=settings.websocket_port,
                reason=reason.strerror,
            )
            return
        self.servers.append(listening)
        self._server.services.sockets.port = settings.websocket_port


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=PeerAwareProtocol,
        ws=SocketProtocol,
        ws_max_size=settings.max_websocket_bytes,
        # It would cost every connection some memory, and text is small.
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # It would believe headers that say where a request came from.
        proxy_headers=False,
        timeout_graceful_shutdown=int(settings.shutdown_seconds) + 5,
    )


def _die() -> None:
    """End at once, as if killed: nothing can be stored any more, and the next start recovers."""
    structlog.get_logger("parlez").critical("the database writer died; the server ends")
    os._exit(1)
