"""The platform API: every example of its reference document that is not about speech or the
WebSocket."""

import json
from typing import Any

import pytest
from tests.support.reference import FOLDER, Call, calls, has_shape, shape_of
from tests.support.server import Running

LATER = ("/api/speech", "/api/transcribe", "/api/websocket")
"""What is not there yet."""

NUMBER = float
CONVERSATION = "conv_12345"
ANSWER = "msg_67890"

EXAMPLES = {
    "GET /api/health": Call(None, {"status": str, "service": str, "version": str}),
    "POST /api/chat": Call(
        {
            "message": "Hello, how can you help me?",
            "model": "gpt-4o",
            "user_id": "user123",
            "conversation_id": None,
            "system_prompt": "You are a helpful assistant.",
        },
        {"message": str, "conversation_id": str, "message_id": str},
    ),
    "GET /api/models": Call(
        None,
        {
            "models": [
                {
                    "id": str,
                    "name": str,
                    "display_name": str,
                    "provider": str,
                    "max_tokens": NUMBER,
                    "context_length": NUMBER,
                }
            ]
        },
    ),
    "GET /api/available_features": Call(
        None, {"features": [{"id": str, "name": str, "enabled": bool}]}
    ),
    "GET /api/templates": Call(
        None,
        {"templates": [{"id": str, "name": str, "display_name": str, "description": str}]},
    ),
    "GET /api/template/{template_name}": Call(
        None,
        {
            "id": str,
            "name": str,
            "display_name": str,
            "description": str,
            "system_prompt": str,
            "variables": [str],
            "example_usage": str,
        },
    ),
    "POST /api/conversation/{conversation_id}/template": Call(
        {
            "template_name": "expert_assistant",
            "variables": {
                "additional_instructions": (
                    "Focus on providing technical explanations with code examples."
                )
            },
        },
        {"status": str, "conversation_id": str, "template": str},
    ),
    "POST /api/feedback": Call(
        {
            "conversation_id": CONVERSATION,
            "message_id": ANSWER,
            "feedback_type": "thumbs_up",
            "feedback_value": 1,
            "comment": "Great response!",
            "user_id": "user123",
        },
        {"status": str, "feedback_id": str},
    ),
    "GET /api/feedback/analyze/{conversation_id}": Call(
        None,
        {
            "conversation_id": str,
            "total_messages": NUMBER,
            "messages_with_feedback": NUMBER,
            "positive_feedback": NUMBER,
            "negative_feedback": NUMBER,
            "average_rating": NUMBER,
            "feedback_details": [
                {
                    "message_id": str,
                    "feedback_type": str,
                    "feedback_value": NUMBER,
                    "timestamp": str,
                }
            ],
        },
    ),
    "GET /api/conversations": Call(
        None,
        {
            "conversations": [
                {
                    "id": str,
                    "title": str,
                    "created_at": str,
                    "updated_at": str,
                    "message_count": NUMBER,
                }
            ],
            "total": NUMBER,
            "limit": NUMBER,
            "offset": NUMBER,
        },
    ),
    "GET /api/conversation/{conversation_id}/messages": Call(
        None,
        {
            "conversation_id": str,
            "title": str,
            "messages": [{"id": str, "role": str, "content": str, "created_at": str}],
            "total": NUMBER,
            "limit": NUMBER,
            "offset": NUMBER,
        },
    ),
    "POST /api/search/conversations": Call(
        {"query": "python programming", "user_id": "user123", "limit": 10},
        {
            "results": [
                {
                    "conversation_id": str,
                    "title": str,
                    "created_at": str,
                    "updated_at": str,
                    "similarity_score": NUMBER,
                    "snippet": str,
                }
            ]
        },
    ),
    "POST /api/search/messages": Call(
        {
            "query": "python function examples",
            "user_id": "user123",
            "conversation_id": CONVERSATION,
            "limit": 10,
        },
        {
            "results": [
                {
                    "message_id": str,
                    "conversation_id": str,
                    "role": str,
                    "content": str,
                    "created_at": str,
                    "similarity_score": NUMBER,
                }
            ]
        },
    ),
    "DELETE /api/conversation/{conversation_id}": Call(None, {"status": str, "message": str}),
}
"""Requests as the document has them, and the shapes of the answers."""


def test_these_are_the_documents_examples() -> None:
    document = FOLDER / "zeebee-platform-api.md"
    if not document.exists():
        pytest.skip("the reference documents do not lie beside this checkout")
    told = {
        name: Call(call.body, shape_of(call.answer))
        for name, call in calls(document.read_text()).items()
        if not name.split(" ")[1].startswith(LATER)
    }
    assert told == EXAMPLES


async def test_every_example_answers_in_its_shape(parlez: Running) -> None:
    """In the document's order, on a fresh server, with nothing changed but ids."""
    ids: dict[str, str] = {}
    answers: dict[str, Any] = {}
    for name, example in EXAMPLES.items():
        method, path = name.split(" ")
        if name == "GET /api/feedback/analyze/{conversation_id}":
            rating = {"feedback_type": "rating", "feedback_value": 4}
            body = {**EXAMPLES["POST /api/feedback"].body, **rating}
            await parlez.call("POST", "/api/feedback", renamed(body, ids))
        query = "?user_id=user123" if path == "/api/conversations" else ""
        path = path.format(
            template_name="standard_assistant", conversation_id=ids.get(CONVERSATION, "")
        )
        answer = await parlez.call(method, path + query, renamed(example.body, ids))
        assert answer.status == 200, (name, answer.body)
        assert has_shape(answer.body, example.answer), (name, answer.body)
        answers[name] = answer.body
        if name == "POST /api/chat":
            ids = {CONVERSATION: answer.body["conversation_id"], ANSWER: answer.body["message_id"]}
    check_values(answers, ids)


def renamed(body: Any, ids: dict[str, str]) -> Any:
    """A body with the ids that this server gave."""
    text = json.dumps(body)
    for theirs, ours in ids.items():
        text = text.replace(theirs, ours)
    return json.loads(text)


def check_values(answers: dict[str, Any], ids: dict[str, str]) -> None:
    """What the document means by it."""
    assert answers["GET /api/health"]["service"] == "Parlez"
    assert ids[CONVERSATION].startswith("conv_")
    assert ids[ANSWER].startswith("msg_")
    templates = answers["GET /api/templates"]["templates"]
    assert [(each["id"], each["name"]) for each in templates] == [
        ("template_1", "standard_assistant"),
        ("template_2", "expert_assistant"),
        ("template_3", "customer_support_assistant"),
    ]
    template = answers["GET /api/template/{template_name}"]
    assert template["variables"] == ["additional_instructions"]
    assert answers["POST /api/conversation/{conversation_id}/template"] | {"system_prompt": ""} == {
        "status": "success",
        "conversation_id": ids[CONVERSATION],
        "template": "expert_assistant",
        "system_prompt": "",
    }
    assert answers["POST /api/feedback"]["feedback_id"].startswith("feedback_")
    analysis = answers["GET /api/feedback/analyze/{conversation_id}"]
    assert analysis["total_messages"] == 2
    assert analysis["messages_with_feedback"] == 1
    assert (analysis["positive_feedback"], analysis["negative_feedback"]) == (2, 0)
    assert analysis["average_rating"] == 4
    listed = answers["GET /api/conversations"]
    assert (listed["total"], listed["limit"], listed["offset"]) == (1, 10, 0)
    assert listed["conversations"][0]["id"] == ids[CONVERSATION]
    messages = answers["GET /api/conversation/{conversation_id}/messages"]
    assert [each["role"] for each in messages["messages"]] == ["user", "assistant"]
    assert messages["messages"][1]["id"] == ids[ANSWER]
    assert (messages["total"], messages["limit"], messages["offset"]) == (2, 50, 0)
    assert answers["DELETE /api/conversation/{conversation_id}"] == {
        "status": "success",
        "message": "Conversation deleted successfully",
    }
