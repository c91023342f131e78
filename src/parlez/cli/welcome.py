"""What `parlez serve` says once it answers: where everything is, and something to try."""

import shlex
from pathlib import Path

import click

from parlez import __version__
from parlez.bootstrap import data_folder, database_place, has_local_owner, model_catalog
from parlez.cli.output import program
from parlez.config import Settings
from parlez.core.errors import ParlezError
from parlez.http.local_owner import is_loopback_name

_QUESTION = '{"user_id": "me", "message": "What is the capital of France?"}'


def welcome(
    settings: Settings,
    url: str,
    dotenv: Path | None,
    owner_code: str | None,
    socket_port: int | None,
) -> str:
    """The text for a server that answers at `url`; `owner_code` makes its first owner, and
    `socket_port` is for WebSockets alone."""
    url = _reachable(url)
    folder = data_folder(settings)
    rows = {
        "Address": click.style(url, bold=True),
        "API": f"{url}/docs",
        "WebSocket": _sockets(url, socket_port),
        "Data folder": str(folder.path),
        "Database": str(database_place(settings)),
        "Model": _model(settings),
        "Key": _key(settings, folder.path),
        "Owner code": owner_code and f"{owner_code} (POST /api/owner takes it, once)",
        "Settings": f"the environment and {dotenv}" if dotenv else None,
    }
    told = [f"  {name:<12} {value}" for name, value in rows.items() if value]
    parts = [click.style(f"Parlez {__version__} is ready", bold=True), *told, ""]
    if not is_loopback_name(settings.host):
        parts += [_exposed(settings.host), ""]
    return "\n".join([*parts, "Try it:", _curl(settings, url, folder.path), ""])


def _reachable(url: str) -> str:
    """A server that listens everywhere is reached here by loopback."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _sockets(url: str, port: int | None) -> str:
    main = url.replace("http", "ws", 1)
    alone = f"{main.rpartition(':')[0]}:{port}" if port else None
    return " and ".join(each for each in (alone, f"{main}/ws") if each)


def _model(settings: Settings) -> str:
    try:
        model = model_catalog(settings).resolve(None)
    except ParlezError as error:
        return click.style(f"none. {error.message}", fg="yellow")
    return f"{model.name} answers where a request names none"


def _key(settings: Settings, folder: Path) -> str:
    if has_local_owner(settings):
        return "not needed from this machine"
    return f"needed: {_make_key('NAME', folder)}"


def _exposed(host: str) -> str:
    return click.style(
        f"Listening on {host}: others on the network can reach this server, and what they send\n"
        "is not encrypted. Put a proxy with TLS in front of it before it leaves your network.",
        fg="yellow",
    )


def _curl(settings: Settings, url: str, folder: Path) -> str:
    lines = [f"curl -s {url}/conversations/start"]
    if not has_local_owner(settings):
        lines.append(f'-H "Authorization: Bearer $({_make_key("curl", folder)})"')
    lines += ["-H 'Content-Type: application/json'", f"-d '{_QUESTION}'"]
    return " \\\n  ".join(lines)


def _make_key(name: str, folder: Path) -> str:
    return shlex.join([*program(), "keys", "create", name, "--data-dir", str(folder)])
