"""Every example in the documents works: calls in ```http blocks are played against a real server
and compared with the answer shown, and the curl commands of the README are run as they stand."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support.server import Answer, Running
from tests.support.uploads import assistant_of, ready_document

from parlez.core.ids import new_id

LIGHTHOUSES = b"# Lighthouses\n\nThe lighthouse of Brest was lit in 1902. It has a keeper.\n"

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path for path in (ROOT / "docs").glob("*.md") if "```http" in path.read_text())

_BLOCK = re.compile(r"```http\n(.*?)```", re.DOTALL)


@dataclass
class Example:
    """A call, and the answer if the document shows one."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 200
    shown: str = ""

    @property
    def wanted(self) -> set[str]:
        """The names of all that is to be filled in."""
        return set(re.findall(r"{(\w+)}", f"{self.path} {self.headers} {self.body}"))


def examples(document: Path) -> list[Example]:
    found = []
    for block in _BLOCK.findall(document.read_text()):
        asked, _, answered = block.strip().partition("\n\n")
        line, *rest = asked.split("\n")
        method, path = line.split(" ")
        example = Example(method, path)
        for number, each in enumerate(rest):
            if each.startswith("{"):
                example.body = json.loads("\n".join(rest[number:]))
                break
            name, _, value = each.partition(": ")
            example.headers[name] = value
        if answered:
            status, _, example.shown = answered.partition("\n")
            example.status = int(status)
        found.append(example)
    return found


async def make(parlez: Running, wanted: set[str]) -> dict[str, str]:
    """What an example talks of, anew, whose ids stand for those in the documents."""
    made: dict[str, str] = {}
    for names, maker in MAKERS:
        if wanted & names:
            made |= await maker(parlez)
    return made


async def make_conversation(parlez: Running) -> dict[str, str]:
    answer = await parlez.call("POST", "/conversations/start", {"user_id": "1", "message": "Hi"})
    conversation_id = answer.headers["parlez-conversation-id"]
    history = await parlez.call("GET", f"/conversations/{conversation_id}")
    user_message, message = history.body["messages"]
    return {
        "conversation_id": conversation_id,
        "turn_id": answer.headers["parlez-turn-id"],
        "user_message_id": user_message["id"],
        "message_id": message["id"],
        "response_id": f"resp_{answer.headers['parlez-turn-id'].replace('-', '')}",
    }


async def make_key(parlez: Running) -> dict[str, str]:
    key = await parlez.call("POST", "/api/keys", {"name": "k"})
    return {"key_id": key.body["id"]}


async def make_invitation(parlez: Running) -> dict[str, str]:
    invitation = await parlez.call("POST", "/api/invitations", {"name": "Grace"})
    return {"code": invitation.body["code"]}


async def make_document(parlez: Running) -> dict[str, str]:
    return {"document_id": await ready_document(parlez, "lighthouses.md", LIGHTHOUSES)}


async def make_chat(parlez: Running) -> dict[str, str]:
    # Its file is there already, and so has been read.
    await make_document(parlez)
    assistant = await assistant_of(parlez, {}, f"guide {new_id()}", "lighthouses.md", LIGHTHOUSES)
    chat = await parlez.call("POST", "/api/v1/chat", {"assistant_id": assistant["id"]})
    return {
        "assistant_number": str(assistant["id"]),
        "file_id": assistant["files"][0]["id"],
        "chat_number": str(chat.body["id"]),
    }


async def make_app(parlez: Running) -> dict[str, str]:
    app = await parlez.call("POST", "/api/apps", {"name": "a", "models": ["gpt-4o"]})
    return {"app_id": app.body["id"], "app": app.body["url"].removeprefix(parlez.url)}


MAKERS: Sequence[tuple[set[str], Callable[[Running], Awaitable[dict[str, str]]]]] = (
    (
        {"conversation_id", "turn_id", "user_message_id", "message_id", "response_id"},
        make_conversation,
    ),
    ({"key_id"}, make_key),
    ({"code"}, make_invitation),
    ({"document_id"}, make_document),
    ({"assistant_number", "file_id", "chat_number"}, make_chat),
    ({"app_id", "app"}, make_app),
)


def remember(answer: Answer) -> dict[str, str]:
    """What later calls need of an answer that begins a session."""
    if not isinstance(answer.body, dict) or "csrf_token" not in answer.body:
        return {}
    if "set-cookie" not in answer.headers:
        return {}
    return {
        "cookie": answer.headers["set-cookie"].partition(";")[0],
        "csrf_token": answer.body["csrf_token"],
        "account_id": answer.body["account"]["id"],
    }


def fill_in(value: Any, known: dict[str, str]) -> Any:
    """A text, or the texts in a body, with what is known in its places."""
    if isinstance(value, dict):
        return {name: fill_in(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, known) for each in value]
    return (
        re.sub(r"{(\w+)}", lambda match: known.get(match[1], match[0]), value)
        if isinstance(value, str)
        else value
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
async def test_the_calls_in_the_documents_work(parlez: Running, document: Path) -> None:
    assert examples(document)
    known = {"account_id": parlez.services.accounts.first.account_id}
    known |= await make_conversation(parlez)
    for example in examples(document):
        known |= await make(parlez, example.wanted)
        answer = await parlez.call(
            example.method,
            fill_in(example.path, known),
            fill_in(example.body, known),
            headers=fill_in(example.headers, known),
            timeout=20,
        )
        known |= remember(answer)
        assert answer.status == example.status, (example, answer.body)
        if example.shown.startswith("{"):
            assert_shape(json.loads(example.shown), answer.body)
        elif example.shown:
            shown = {line.partition(":")[0] for line in example.shown.split("\n") if line}
            assert {line.split(b":")[0].decode() for line in answer.body.split(b"\n") if line} <= (
                shown
            )


def assert_shape(shown: Any, answered: Any) -> None:
    """What the document shows is there, in the types that it shows."""
    if isinstance(shown, dict):
        assert isinstance(answered, dict)
        for name, value in shown.items():
            assert name in answered, f"{name} is missing"
            assert_shape(value, answered[name])
    elif isinstance(shown, list) and shown:
        assert_shape(shown[0], answered[0])
    elif shown is not None and answered is not None:
        assert type(shown) is type(answered)


async def test_the_first_conversation_of_the_readme(parlez: Running) -> None:
    readme = (ROOT / "README.md").read_text()
    commands = [
        block for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL) if "curl" in block
    ]
    assert len(commands) == 2
    conversation_id = ""
    for block in commands:
        script = block.replace("http://127.0.0.1:8000", parlez.url).replace("curl ", "curl -sS ")
        process = await asyncio.create_subprocess_exec(
            *("sh", "-ec", script),
            env={"ID": conversation_id, "PATH": "/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        answers = [json.loads(line) for line in out.decode().replace("}{", "}\n{").split("\n")]
        conversation_id = answers[0].get("conversation_id", conversation_id)
    assert [message["content"] for message in answers[1]["messages"]][0::2] == [
        "What is the capital of France?",
        "And of Italy?",
    ]


def test_links_between_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} links to {target}"
