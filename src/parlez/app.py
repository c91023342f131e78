"""The application: the services behind the dialects, and the process around them."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
from parlez.http.peer import PeerAwareProtocol
from parlez.http.preflight import Preflight
from parlez.http.problems import Problems
from parlez.storage.data_folder import Owner

ASSISTANTS_PATHS = ("users", "tokens", "assistants", "chat")
"""What is below `/api/v1` and speaks the dialect `assistants`."""


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
        *PLATFORM,
        operations.router,
    ):
        app.include_router(router)
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
    patch_fastapi(app)
    describe_api(app)
    served = DirectRoutes(app, _hot_routes(), problems)
    limited = BodyLimit(
        served,
        limit=server.settings.max_body_bytes,
        upload_limit=server.settings.max_upload_bytes,
    )
    open_to_pages = AppCors(Preflight(limited), server.services.apps)
    edge = Edge(open_to_pages, problems=problems, metrics=server.services.metrics)
    proxies = server.settings.proxies
    return Forwarded(edge, proxies) if proxies else edge


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


async def serve(settings: Settings, on_ready: Callable[[str, str | None], None]) -> None:
    """Run a server until it is told to stop. `on_ready` gets its URL once it answers, and the code
    that makes its first owner if there is one."""
    async with running(settings, _die) as server:
        code = server.services.owner_code
        process = Process(server, lambda url: on_ready(url, code.text if code else None))
        await process.serve()


class Process(uvicorn.Server):
    """Uvicorn around one server. It ends followers, and running turns, before connections: those
    would wait for them."""

    def __init__(self, server: Server, on_ready: Callable[[str], None]):
        self._server = server
        self._on_ready = on_ready
        settings = server.settings
        super().__init__(
            uvicorn.Config(
                create_app(server),
                host=settings.host,
                port=settings.port,
                http=PeerAwareProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                # It would believe headers that say where a request came from.
                proxy_headers=False,
                timeout_graceful_shutdown=int(settings.shutdown_seconds) + 5,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            url = self._url()
            self._server.folder.announce(Owner(os.getpid(), url, self._server.control_token))
            self._on_ready(url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._server.folder.withdraw()
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

    def _url(self) -> str:
        host = self.config.host
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _die() -> None:
    """End at once, as if killed: nothing can be stored any more, and the next start recovers."""
    structlog.get_logger("parlez").critical("the database writer died; the server ends")
    os._exit(1)
