"""The process that runs llama.cpp: `python -m parlez.providers.local.child`.

It reads its settings as one line of JSON from its standard input, so that the key it is given
shows neither on its command line nor in its environment, and writes `{"port": …}` as one line
to its standard output once it answers. It lives as long as its standard input is open.
"""

import json
import os
import sys
import threading
from importlib import import_module
from io import FileIO
from typing import Any, NoReturn
from urllib.parse import urlsplit

from parlez.core.child_process import be_child

# The model's own format, without the system prompt that it otherwise puts before every
# conversation that has none: asked for the capital of France, it then answers in broken French.
_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] or '' }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

_NICENESS = 15
"""More than that of what reads, hears and speaks, which is done within moments."""

_ERRORS_ONLY = 1
_PROMPT_CACHE_MIB = 128


def main() -> NoReturn:
    """Load the model, say where it answers, and serve until the parent is gone."""
    be_child(_NICENESS)
    report = _take_standard_output()
    # Unbuffered, because a buffered reader that another thread waits on blocks the way out.
    orders = open(0, "rb", buffering=0)  # noqa: SIM115
    settings = json.loads(orders.readline())
    parent_watch = threading.Thread(target=_exit_at_end, args=(orders,), daemon=True)
    parent_watch.start()
    try:
        server = _serve(settings)
    except (RuntimeError, ImportError) as reason:
        sys.exit(str(reason))
    with os.fdopen(report, "w") as parent:
        json.dump({"port": urlsplit(server.listening_address).port}, parent)
        parent.write("\n")
    parent_watch.join()
    os._exit(0)


def _serve(settings: dict[str, Any]) -> Any:
    xllamacpp: Any = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = settings["weights"]
    params.model_alias = {settings["name"]}
    params.chat_template = _CHAT_TEMPLATE
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["api_key"]]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["context_tokens"]
    # Each conversation has room of its own, which the others cannot take from it.
    params.kv_unified = False
    params.ctx_shift = False
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    params.warmup = False
    params.sleep_idle_seconds = settings["idle_seconds"]
    params.verbosity = _ERRORS_ONLY
    return xllamacpp.Server(params)


def _take_standard_output() -> int:
    """Keep standard output for the one line to the parent; what else is printed is noise."""
    report = os.dup(1)
    os.dup2(2, 1)
    return report


def _exit_at_end(orders: FileIO) -> None:
    """The end of standard input is the end of the parent, however it came about."""
    while orders.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
