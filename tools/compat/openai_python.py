"""The official Python client."""

import asyncio

import openai
from checks import ASSISTANT, CHAT_MODEL, EMBEDDING_MODEL, KEY, QUESTION, URL, run

client = openai.OpenAI(base_url=URL, api_key=KEY)
MESSAGES = [{"role": "user", "content": QUESTION}]


def lists() -> None:
    """lists models, and gets one whose name has a slash"""
    assert ASSISTANT in [model.id for model in client.models.list()]
    assert client.models.retrieve(ASSISTANT).id == ASSISTANT


def asks() -> None:
    """asks an assistant; usage and citations are there"""
    answer = client.chat.completions.create(model=ASSISTANT, messages=MESSAGES)
    message = answer.choices[0].message
    assert message.content and answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    for annotation in message.annotations or []:
        citation = annotation.url_citation
        assert message.content[citation.start_index : citation.end_index].startswith("[")
    assert "sources" in answer.model_extra["tessera"]


def asks_model() -> None:
    """asks a model without an assistant, with parts, roles and a limit"""
    parts = [{"type": "text", "text": QUESTION}]
    messages = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}]
    answer = client.chat.completions.create(model=CHAT_MODEL, messages=messages, max_completion_tokens=2)
    assert len(answer.choices[0].message.content) <= 8


def streams() -> None:
    """streams; every chunk has a choice with a delta"""
    chunks = list(client.chat.completions.create(model=ASSISTANT, messages=MESSAGES, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def streams_usage() -> None:
    """streams with usage: the last chunk has it, and no choice"""
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=ASSISTANT, messages=MESSAGES, stream=True, stream_options=options))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def streams_with_helper() -> None:
    """streams through the client's accumulating helper"""
    with client.chat.completions.stream(model=ASSISTANT, messages=MESSAGES) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.content


def streams_async() -> None:
    """streams in the asynchronous client, and breaks off"""

    async def read() -> None:
        async with openai.AsyncOpenAI(base_url=URL, api_key=KEY) as other:
            stream = await other.chat.completions.create(model=ASSISTANT, messages=MESSAGES, stream=True)
            async for chunk in stream:
                assert chunk.choices[0].delta is not None
                break
            await stream.close()

    asyncio.run(read())


def embeds() -> None:
    """embeds, by default as base64, and as floats"""
    default = client.embeddings.create(model=EMBEDDING_MODEL, input=["one", "two"]).data
    floats = client.embeddings.create(model=EMBEDDING_MODEL, input=["one", "two"], encoding_format="float").data
    assert [item.index for item in default] == [0, 1]
    assert all(abs(a - b) < 1e-6 for a, b in zip(default[1].embedding, floats[1].embedding, strict=True))


def responds() -> None:
    """asks through the Responses API, also as a stream"""
    response = client.responses.create(model=ASSISTANT, input=QUESTION, instructions="Be brief.")
    assert response.status == "completed" and response.output_text and response.usage.total_tokens > 0
    with client.responses.stream(model=ASSISTANT, input=[{"role": "user", "content": QUESTION}]) as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"


def refuses() -> None:
    """raises the client's own exceptions, with code, parameter and request id"""
    for expected, code, ask in [
        (openai.NotFoundError, "model_not_found", lambda: client.models.retrieve("nothing")),
        (openai.BadRequestError, "unsupported_parameter", lambda: client.chat.completions.create(model=ASSISTANT, messages=MESSAGES, n=2)),
        (openai.AuthenticationError, "invalid_api_key", lambda: openai.OpenAI(base_url=URL, api_key="sk-wrong").models.list()),
    ]:
        try:
            ask()
        except expected as error:
            assert error.code == code and error.request_id, (error.code, error.request_id)
        else:
            raise AssertionError(f"expected {code}")


run([lists, asks, asks_model, streams, streams_usage, streams_with_helper, streams_async, embeds, responds, refuses])
