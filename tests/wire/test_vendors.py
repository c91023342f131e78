"""What vendors that speak OpenAI's chat completions do differently. Each fixture cites its page.

The vendors are set up from the rows that come with Parlez, by their own variables.
"""

import pytest

from parlez.core.errors import (
    ContextOverflow,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelUnavailable,
)
from parlez.core.events import TextDelta, ToolCalled, Usage
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Finished, Options, Prompt

HELLO = [Prompt(Role.USER, "Say hello, secretly.")]
EVERY_OPTION = Options(temperature=0.5, top_p=0.9, max_tokens=5, stop=("END",), seed=7)
WHOLE = {
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello!"},
            "finish_reason": "stop",
        }
    ]
}
SPOKEN = "You asked: Say hello, secretly. Your key is sk-test-0123456789."


def chunk(delta=None, finish_reason=None, **fields):
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish_reason}
    return {"id": "1", "object": "chat.completion.chunk", "choices": [choice], **fields}


async def complete(asked, options=None):
    return await asked.chat.complete(asked.request(HELLO, options))


async def collect(asked):
    return [each async for each in asked.chat.stream(asked.request(HELLO))]


async def refused(asked):
    with pytest.raises(Exception) as caught:
        await complete(asked)
    assert "secretly" not in f"{caught.value} {vars(caught.value)}"
    assert "sk-test" not in f"{caught.value} {vars(caught.value)}"
    return caught.value


# ---- Azure OpenAI: https://learn.microsoft.com/azure/ai-services/openai/reference


async def test_azure_names_the_deployment_in_the_path(server, ask):
    server.json(WHOLE)
    await complete(ask("azure/gpt-4o", AZURE_OPENAI_DEPLOYMENT="our gpt/4"), EVERY_OPTION)
    received = server.received[0]
    assert received.line == (
        "POST /openai/deployments/our%20gpt%2F4/chat/completions?api-version=2024-10-21 HTTP/1.1"
    )
    assert received.headers["api-key"] == "sk-test-0123456789"
    assert "authorization" not in received.headers
    assert received.body["max_completion_tokens"] == 5


async def test_azures_api_version_can_be_chosen(server, ask):
    server.json(WHOLE)
    await complete(ask("azure/gpt-4o", OPENAI_API_VERSION="2025-01-01-preview"))
    assert server.received[0].line.endswith("?api-version=2025-01-01-preview HTTP/1.1")


async def test_an_azure_stream_begins_with_filter_results(server, ask):
    """After https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter"""
    filtered = {"hate": {"filtered": False, "severity": "safe"}}
    first = {
        "id": "",
        "object": "",
        "choices": [],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": filtered}],
    }
    late = {"index": 0, "finish_reason": None, "content_filter_results": filtered}
    server.events(
        first,
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hi"}),
        chunk(choices=[late]),
        chunk({}, "content_filter"),
    )
    assert await collect(ask("azure/gpt-4o")) == [
        TextDelta("Hi"),
        Finished("content_filter", None),
    ]


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        ("401 Unauthorized", "401", ModelUnavailable, "Check AZURE_OPENAI_API_KEY"),
        ("404 Not Found", "DeploymentNotFound", ModelUnavailable, "DeploymentNotFound"),
        ("400 Bad Request", "content_filter", ModelRejected, "content_filter"),
        ("429 Too Many Requests", "429", ModelOverloaded, "takes no more requests"),
    ],
)
async def test_azures_refusals(server, ask, status, code, kind, words):
    """After https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter and
    https://learn.microsoft.com/azure/ai-services/openai/how-to/quota"""
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}}
    server.json({"error": {"code": code, "message": SPOKEN, "innererror": inner}}, status)
    error = await refused(ask("azure/gpt-4o"))
    assert type(error) is kind
    assert words in error.message


# ---- Groq: https://console.groq.com/docs/api-reference#chat-create


async def test_groq_tells_usage_in_a_place_of_its_own(server, ask):
    usage = {"queue_time": 0.09, "prompt_tokens": 38, "completion_tokens": 4, "total_tokens": 42}
    server.events(
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_01kfk38ha1", "seed": 20933}),
        chunk({"content": "Hello"}),
        chunk({}, "stop", x_groq={"id": "req_01kfk38ha1", "usage": usage}),
    )
    assert (await collect(ask("groq/llama-3.3-70b")))[-1] == Finished("stop", Usage(38, 4))


async def test_a_groq_stream_that_fails(server, ask):
    server.events(
        chunk({"content": "Hel"}), chunk(x_groq={"id": "req_1", "error": SPOKEN}), done=False
    )
    asked = ask("groq/llama-3.3-70b")
    stream = asked.chat.stream(asked.request(HELLO))
    assert await anext(stream) == TextDelta("Hel")
    with pytest.raises(ModelFailed) as caught:
        await anext(stream)
    assert "secretly" not in caught.value.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("498 Flex Tier Capacity Exceeded", ModelOverloaded),
        ("413 Request Entity Too Large", ContextOverflow),
        ("422 Unprocessable Entity", ModelRejected),
        ("503 Service Unavailable", ModelFailed),
    ],
)
async def test_groqs_refusals(server, ask, status, kind):
    """After https://console.groq.com/docs/errors and, for 413,
    https://console.groq.com/docs/rate-limits"""
    message = (
        "Request too large for model `llama-3.3-70b-versatile` in organization `org_1` service "
        "tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 8162, please reduce "
        "your message size and try again."
        if status.startswith("413")
        else SPOKEN
    )
    error = {"message": message, "type": "tokens", "code": "rate_limit_exceeded"}
    server.json({"error": error}, status)
    refusal = await refused(ask("groq/llama-3.3-70b"))
    assert type(refusal) is kind
    if isinstance(refusal, ContextOverflow):
        assert (refusal.prompt_tokens, refusal.limit_tokens) == (8_162, 6_000)


# ---- Together AI: https://docs.together.ai/reference/chat-completions-1


@pytest.mark.parametrize(
    ("theirs", "ours"), [("eos", "stop"), ("length", "length"), ("function_call", "tool_calls")]
)
async def test_togethers_finish_reasons(server, ask, theirs, ours):
    choice = {**WHOLE["choices"][0], "finish_reason": theirs}
    server.json({"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 2}})
    completion = await complete(ask("together/llama-3.3-70b"))
    assert completion.finished == Finished(ours, Usage(5, 2))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 Unauthorized", ModelUnavailable),
        ("402 Payment Required", ModelUnavailable),
        ("403 Bad Request", ContextOverflow),
        ("429 Rate limit", ModelOverloaded),
        ("503 Engine Overloaded", ModelFailed),
        ("524 Cloudflare Timeout", ModelFailed),
        ("529 Server Error", ModelOverloaded),
    ],
)
async def test_togethers_refusals(server, ask, status, kind):
    """After https://docs.together.ai/docs/error-codes"""
    error = {"message": SPOKEN, "type": "invalid_request_error", "param": None, "code": None}
    server.json({"id": "nrfLDhd", "error": error}, status)
    assert type(await refused(ask("together/llama-3.3-70b"))) is kind


async def test_a_prompt_that_is_too_long_for_together(server, ask):
    """The message of https://portkey.ai/error-library/input-validation-error-10151, with the
    rest of https://huggingface.co/CohereForAI/c4ai-command-r-plus/discussions/43"""
    message = (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. "
        "Given: 5013 `inputs` tokens and 128 `max_new_tokens`"
    )
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    server.json({"error": error}, "400 Bad Request")
    refusal = await refused(ask("together/llama-3.3-70b"))
    assert (refusal.prompt_tokens, refusal.limit_tokens) == (5_013, 4_097)


# ---- Mistral AI: https://docs.mistral.ai/api/endpoint/chat


async def test_mistral_is_sent_only_what_it_knows(server, ask):
    server.events(chunk({"content": "Hi"}), chunk({}, "stop"))
    asked = ask("mistral-medium-3.5")
    request = asked.request(HELLO, EVERY_OPTION)
    assert [each async for each in asked.chat.stream(request)]
    body = server.received[0].body
    assert body["random_seed"] == 7
    assert not {"seed", "stream_options"} & body.keys()


async def test_mistral_tells_usage_with_the_last_piece(server, ask):
    """After https://docs.mistral.ai/capabilities/completion"""
    usage = {"prompt_tokens": 13, "total_tokens": 22, "completion_tokens": 9}
    server.events(chunk({"content": "Hi"}), chunk({"content": ""}, "stop", usage=usage))
    assert (await collect(ask("mistral-medium-3.5")))[-1] == Finished("stop", Usage(13, 9))


async def test_mistral_thinks_in_parts(server, ask):
    """After https://docs.mistral.ai/capabilities/reasoning"""
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    content = [thought, {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    message = {"role": "assistant", "content": content}
    server.json({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    server.events(chunk({"content": [thought]}), chunk({"content": content}), chunk({}, "stop"))
    asked = ask("mistral-medium-3.5")
    assert (await complete(asked)).text == "Hello"
    assert (await collect(asked))[:-1] == [TextDelta("Hello")]


@pytest.mark.parametrize(
    ("theirs", "ours"), [("model_length", "length"), ("length", "length"), ("stop", "stop")]
)
async def test_mistrals_finish_reasons(server, ask, theirs, ours):
    server.events(chunk({"content": "Hi"}), chunk({}, theirs))
    assert (await collect(ask("mistral-medium-3.5")))[-1].reason == ours


async def test_a_mistral_answer_that_went_wrong(server, ask):
    choice = {**WHOLE["choices"][0], "finish_reason": "error"}
    server.json({"choices": [choice]})
    server.events(chunk({"content": "Hel"}), chunk({}, "error"))
    asked = ask("mistral-medium-3.5")
    with pytest.raises(ModelFailed, match="broke off"):
        await complete(asked)
    with pytest.raises(ModelFailed, match="broke off"):
        await collect(asked)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            "401 Unauthorized",
            {"message": "Unauthorized", "request_id": "dd0c"},
            ModelUnavailable,
        ),
        (
            "422 Unprocessable Entity",
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "input": SPOKEN}]},
            ModelRejected,
        ),
        (
            "429 Too Many Requests",
            {"object": "error", "message": SPOKEN, "type": "rate_limited", "code": "1300"},
            ModelOverloaded,
        ),
        (
            "400 Bad Request",
            {
                "object": "error",
                "message": "Prompt contains 66385 tokens, too large for model with 32768 maximum "
                "context length",
                "type": "invalid_request_prompt",
                "param": None,
                "code": "3051",
            },
            ContextOverflow,
        ),
    ],
    ids=["key", "field", "limit", "length"],
)
async def test_mistrals_refusals(server, ask, status, body, kind):
    """After https://docs.mistral.ai/api and, for the long prompt,
    https://portkey.ai/error-library/context-length-exceeded-error-13710000"""
    server.json(body, status)
    error = await refused(ask("mistral-medium-3.5"))
    assert type(error) is kind
    if isinstance(error, ContextOverflow):
        assert (error.prompt_tokens, error.limit_tokens) == (66_385, 32_768)


# ---- Baidu Qianfan: https://cloud.baidu.com/doc/qianfan-api/s/rmwbl43x7


@pytest.mark.parametrize(
    ("status", "kind", "code", "expected"),
    [
        ("400 Bad Request", "invalid_request_error", "tokens_too_long", ContextOverflow),
        ("400 Bad Request", "invalid_request_error", "characters_too_long", ContextOverflow),
        ("400 Bad Request", "invalid_request_error", "malformed_json", ModelRejected),
        ("401 Unauthorized", "invalid_request_error", "invalid_iam_token", ModelUnavailable),
        ("401 Unauthorized", "invalid_request_error", "invalid_model", ModelUnavailable),
        ("429 Too Many", "rate_limit_exceeded", "rpm_rate_limit_exceeded", ModelOverloaded),
        ("500 Oops", "internal_error", "internal_error", ModelFailed),
    ],
)
async def test_qianfans_refusals(server, ask, status, kind, code, expected):
    error = {"code": code, "message": SPOKEN, "type": kind}
    server.json({"error": error, "id": "as-t2z8xi6mm8"}, status)
    assert type(await refused(ask("ernie-5.1"))) is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (18, ModelOverloaded),
        (336501, ModelOverloaded),
        (17, ModelUnavailable),
        (110, ModelUnavailable),
        (336007, ContextOverflow),
        (336000, ModelFailed),
        (SPOKEN, ModelFailed),
        ([], ModelFailed),
    ],
    ids=str,
)
async def test_qianfans_numbered_errors_with_status_200(server, ask, number, expected):
    """After https://ai.baidu.com/ai-doc/WENXINWORKSHOP/tlmyncueh"""
    server.json({"error_code": number, "error_msg": SPOKEN, "id": "as-1"})
    assert type(await refused(ask("ernie-3.0-bot"))) is expected


async def test_a_numbered_error_within_a_stream(server, ask):
    server.events(chunk({"content": "Hel"}), {"error_code": 336501, "error_msg": SPOKEN})
    with pytest.raises(ModelOverloaded):
        await collect(ask("ernie-5.1"))


async def test_the_reference_name_asks_for_the_current_model(server, ask):
    server.json(WHOLE)
    await complete(ask("ernie-3.0-bot"))
    assert server.received[0].body["model"] == "ernie-5.1"
    assert server.received[0].headers["authorization"] == "Bearer sk-test-0123456789"


# ---- Ollama: https://docs.ollama.com/api/openai-compatibility


async def test_ollamas_calls_share_an_index(server, ask):
    """After https://github.com/ollama/ollama/issues/15457"""

    def call(name):
        function = {"name": name, "arguments": "{}"}
        return {"index": 0, "id": f"call_{name}", "type": "function", "function": function}

    server.events(
        chunk({"tool_calls": [call("a")]}), chunk({"tool_calls": [call("b")]}), chunk({}, "stop")
    )
    assert await collect(ask("ollama", OLLAMA_MODEL="qwen3")) == [
        ToolCalled("call_a", "a", "{}"),
        ToolCalled("call_b", "b", "{}"),
        Finished("tool_calls", None),
    ]
    assert server.received[0].line == "POST /v1/chat/completions HTTP/1.1"


@pytest.mark.parametrize(
    "error",
    [
        "model 'qwen3' not found",
        {"message": "model 'qwen3' not found", "type": "not_found_error", "code": None},
    ],
)
async def test_a_model_that_ollama_has_not(server, ask, error):
    """After https://docs.ollama.com/api/errors"""
    server.json({"error": error}, "404 Not Found")
    refusal = await refused(ask("ollama", OLLAMA_MODEL="qwen3"))
    assert type(refusal) is ModelUnavailable
    assert "OLLAMA_BASE_URL" in refusal.message


async def test_an_ollama_stream_that_fails(server, ask):
    """After https://docs.ollama.com/api/errors#errors-while-streaming"""
    server.events(chunk({"content": "Hel"}), {"error": "an error was encountered"}, done=False)
    with pytest.raises(ModelFailed, match="Ollama broke off"):
        await collect(ask("ollama", OLLAMA_MODEL="qwen3"))


# ---- vLLM: https://docs.vllm.ai/en/latest/serving/openai_compatible_server/


@pytest.mark.parametrize(
    ("message", "counts"),
    [
        # https://github.com/vllm-project/vllm/issues/20409
        (
            "This model's maximum context length is 16384 tokens. However, you requested 122946 "
            "tokens (112946 in the messages, 10000 in the completion). Please reduce the length "
            "of the messages or completion.",
            (112_946, 16_384),
        ),
        # https://github.com/harbor-framework/harbor/pull/996
        (
            "You passed 1015 input tokens and requested 10 output tokens. However, the model's "
            "context length is only 1024 tokens, resulting in a maximum input length of 1014 "
            "tokens. Please reduce the length of the input prompt.",
            (1_015, 1_024),
        ),
    ],
    ids=["0.9", "0.16"],
)
@pytest.mark.parametrize("nested", [True, False])
async def test_a_prompt_that_is_too_long_for_vllm(server, ask, message, counts, nested):
    error = {"message": message, "type": "BadRequestError", "param": None, "code": 400}
    body = {"error": error} if nested else {"object": "error", **error}
    server.json(body, "400 Bad Request")
    refusal = await refused(ask("vllm", VLLM_MODEL="Qwen/Qwen3-0.6B"))
    assert (refusal.prompt_tokens, refusal.limit_tokens) == counts


async def test_another_bad_request_to_vllm(server, ask):
    error = {"message": SPOKEN, "type": "BadRequestError", "param": None, "code": 400}
    server.json({"error": error}, "400 Bad Request")
    assert type(await refused(ask("vllm", VLLM_MODEL="x"))) is ModelRejected


# ---- llama.cpp: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md


async def test_llamacpp_loads_its_model_first(server, ask, slept):
    error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    server.json({"error": error}, "503 Service Unavailable")
    server.json(WHOLE)
    assert (await complete(ask("llamacpp"))).text == "Hello!"
    assert len(slept) == 1
    assert server.received[0].headers["connection"] == "close"


# ---- OpenAI: https://developers.openai.com/api/docs/deprecations


@pytest.mark.parametrize(
    ("name", "sent"), [("gpt-4", "gpt-5.6-sol"), ("gpt-3.5-turbo", "gpt-5.6-terra")]
)
async def test_names_of_models_that_were_shut_down(server, ask, name, sent):
    server.json(WHOLE)
    await complete(ask(name), EVERY_OPTION)
    body = server.received[0].body
    assert (body["model"], body["reasoning_effort"]) == (sent, "none")
    assert body["temperature"] == 0.5


async def test_models_that_reason_are_not_sent_sampling_options(server, ask):
    """After https://developers.openai.com/api/docs/guides/latest-model"""
    server.json(WHOLE)
    await complete(ask("gpt-6-sol"), EVERY_OPTION)
    body = server.received[0].body
    assert not {"temperature", "top_p"} & body.keys()
    assert (body["seed"], body["stop"]) == (7, ["END"])
