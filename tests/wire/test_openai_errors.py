"""Errors, after https://platform.openai.com/docs/guides/error-codes and, where the type is
exceed_context_size_error, llama.cpp's tools/server/README.md."""

import socket

import pytest

from parlez.core.errors import (
    ContextOverflow,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)

SPOKEN = "Incorrect API key provided: sk-test-0123456789. You asked: Say hello, secretly."


def error(code=None, kind="invalid_request_error", **fields):
    return {"error": {"message": SPOKEN, "type": kind, "param": None, "code": code, **fields}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            "401 Unauthorized",
            error("invalid_api_key"),
            ModelUnavailable,
            "the API key (status 401, invalid_api_key). Check OPENAI_API_KEY.",
        ),
        ("403 Forbidden", error(), ModelUnavailable, "Check OPENAI_API_KEY"),
        ("404 Not Found", error("model_not_found"), ModelUnavailable, "model_not_found"),
        ("404 Not Found", b"<html>", ModelUnavailable, "OPENAI_BASE_URL"),
        ("402 Payment Required", b"", ModelUnavailable, "no credit left"),
        (
            "429 Too Many Requests",
            error("insufficient_quota", "insufficient_quota"),
            ModelUnavailable,
            "no credit left",
        ),
        ("400 Bad Request", error("invalid_value"), ModelRejected, "(status 400, invalid_value)"),
        ("400 Bad Request", error("Say hello, secretly."), ModelRejected, "invalid_request_error"),
        ("400 Bad Request", error("x" * 65, "y" * 65), ModelRejected, "(status 400)"),
        ("413 Too Large", b"", ModelRejected, "(status 413)"),
        ("422 Unprocessable", b"[]", ModelRejected, "(status 422)"),
        ("408 Request Timeout", b"", ModelTimeout, "in time"),
        ("501 Not Implemented", b"oops", ModelFailed, "(status 501)"),
        ("302 Found", b"", ModelFailed, "(status 302)"),
        ("400 Bad Request", error("sk-test-0123456789"), ModelRejected, "invalid_request_error"),
    ],
)
async def test_refusals_say_what_to_do(server, chat, question, slept, status, body, kind, words):
    server.json(body, status)
    with pytest.raises(kind) as caught:
        await chat.complete(question)
    assert words in caught.value.message
    assert type(caught.value) is kind
    assert len(server.received) == 1
    assert slept == []


async def test_no_error_repeats_the_vendors_words_or_the_key(server, chat, question):
    for status in (400, 401, 403, 404, 408, 413, 418, 429, 500, 502, 503, 504, 529):
        server.json(error(SPOKEN, SPOKEN), f"{status} Whatever")
        for ask in (chat.complete(question), anext(chat.stream(question))):
            with pytest.raises(Exception) as caught:
                await ask
            said = f"{caught.value} {caught.value!r} {vars(caught.value)}"
            assert "secretly" not in said
            assert "sk-test" not in said


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        (error("context_length_exceeded"), (None, None)),
        (
            {
                "error": {
                    "code": 400,
                    "message": SPOKEN,
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 5010,
                    "n_ctx": 4096,
                }
            },
            (5010, 4096),
        ),
    ],
    ids=["openai", "llama.cpp"],
)
async def test_a_prompt_that_is_too_long(server, chat, question, body, counts):
    server.json(body, "400 Bad Request")
    with pytest.raises(ContextOverflow) as caught:
        await chat.complete(question)
    assert (caught.value.prompt_tokens, caught.value.limit_tokens) == counts


async def test_a_redirect_does_not_take_the_key_elsewhere(server, chat, question):
    server.json({}, "307 Temporary Redirect", "Location: /elsewhere")
    with pytest.raises(ModelFailed, match="status 307"):
        await chat.complete(question)
    assert len(server.received) == 1


async def test_a_refused_connection(make_chat, question, slept):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        chat = make_chat(base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/v1")
        with pytest.raises(ModelUnavailable, match="cannot be reached.*OPENAI_BASE_URL"):
            await chat.complete(question)
    assert len(slept) == 2


@pytest.mark.parametrize("url", ["api.openai.com/v1", "ftp://127.0.0.1/v1", "http://:0", ""])
async def test_an_address_that_is_none(make_chat, question, slept, url):
    with pytest.raises(ModelUnavailable, match="OPENAI_BASE_URL"):
        await make_chat(base_url=url).complete(question)
    assert slept == []


async def test_overload_that_outlasts_all_tries_tells_when_to_come_back(server, chat, question):
    server.json(error("rate_limit_exceeded", "requests"), "429 Slow Down", "Retry-After: 3")
    with pytest.raises(ModelOverloaded, match="rate_limit_exceeded") as caught:
        await chat.complete(question)
    assert caught.value.retry_after == 3.0
