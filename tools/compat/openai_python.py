"""The official Python client."""

import asyncio
import io
import json
import wave

import openai
from checks import ASSISTANT, AUDIO_MODEL, CHAT_MODEL, EMBEDDING_MODEL, KEY, PICTURE, QUESTION, TOOL_MODEL, URL, run
from pydantic import BaseModel

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


class Weather(BaseModel):
    """The weather of a city."""

    city: str


TOOL = openai.pydantic_function_tool(Weather, name="weather")
ASKS_WEATHER = [{"role": "user", "content": "How is the weather in Åre? Use the tool."}]


def calls_tools() -> None:
    """has a tool called, and sends its result"""
    answer = client.chat.completions.create(model=TOOL_MODEL, messages=ASKS_WEATHER, tools=[TOOL], tool_choice="required")
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls" and json.loads(message.tool_calls[0].function.arguments)
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Snow, -4 °C"}
    messages = [*ASKS_WEATHER, message.model_dump(exclude_none=True), result]
    assert client.chat.completions.create(model=TOOL_MODEL, messages=messages, tools=[TOOL]).choices[0].message.content


def streams_tools() -> None:
    """streams calls through the accumulating helper, which parses their arguments"""
    with client.chat.completions.stream(model=TOOL_MODEL, messages=ASKS_WEATHER, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert "tool_calls.function.arguments.delta" in kinds and isinstance(call.function.parsed_arguments, Weather)


def parses() -> None:
    """parses structured outputs in both APIs"""
    messages = [{"role": "user", "content": "Which city is it about? Åre."}]
    parsed = client.chat.completions.parse(model=TOOL_MODEL, messages=messages, response_format=Weather)
    assert isinstance(parsed.choices[0].message.parsed, Weather)
    assert isinstance(client.responses.parse(model=TOOL_MODEL, input=messages, text_format=Weather).output_parsed, Weather)


def responds_with_tools() -> None:
    """has a tool called through the Responses API, also as a stream, and sends its output"""
    tool = openai.pydantic_function_tool(Weather, name="weather")["function"]
    tools = [{"type": "function", "name": "weather", "parameters": tool["parameters"], "strict": True}]
    response = client.responses.create(model=TOOL_MODEL, input=ASKS_WEATHER, tools=tools)
    call = next(item for item in response.output if item.type == "function_call")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "Snow"}
    history = [*ASKS_WEATHER, call.model_dump(exclude_none=True), output]
    assert client.responses.create(model=TOOL_MODEL, input=history, tools=tools).output_text
    with client.responses.stream(model=TOOL_MODEL, input=ASKS_WEATHER, tools=tools) as stream:
        kinds = {event.type for event in stream}
        assert stream.get_final_response().output[-1].type == "function_call"
    assert "response.function_call_arguments.done" in kinds


def shows() -> None:
    """shows a picture in both APIs; an address is refused"""
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
    assert client.chat.completions.create(model=TOOL_MODEL, messages=[{"role": "user", "content": parts}]).choices
    flat = [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": PICTURE, "detail": "auto"}]
    assert client.responses.create(model=TOOL_MODEL, input=[{"role": "user", "content": flat}]).output_text
    parts[1]["image_url"]["url"] = "https://example.org/a.png"
    try:
        client.chat.completions.create(model=TOOL_MODEL, messages=[{"role": "user", "content": parts}])
    except openai.BadRequestError as error:
        assert error.param == "messages[0].content[1].image_url.url", error
    else:
        raise AssertionError("expected a refusal of an address")


def second_of_silence() -> io.BytesIO:
    """A WAV of a second in which nobody speaks."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(16_000))
    file.name = "silence.wav"
    file.seek(0)
    return file


def transcribes() -> None:
    """has a recording written down: as a document, as a text, and with segments"""
    create = client.audio.transcriptions.create
    assert isinstance(create(model=AUDIO_MODEL, file=second_of_silence(), language="sv").text, str)
    text = create(model=AUDIO_MODEL, file=second_of_silence(), response_format="text", prompt="Åre", temperature=0.5)
    assert isinstance(text, str)
    granularities = ["segment"]
    verbose = create(
        model=AUDIO_MODEL, file=second_of_silence(), response_format="verbose_json", timestamp_granularities=granularities
    )
    assert isinstance(verbose.text, str) and isinstance(verbose.segments, list)
    for expected, code, param, fields in [
        (openai.BadRequestError, "invalid_value", "file", {"model": AUDIO_MODEL, "file": b"no sound"}),
        (openai.BadRequestError, "unsupported_parameter", "response_format", {"model": AUDIO_MODEL, "response_format": "srt"}),
        (openai.NotFoundError, "model_not_found", None, {"model": "nothing"}),
    ]:
        try:
            create(**{"file": second_of_silence(), **fields})
        except expected as error:
            assert (error.code, error.param) == (code, param), error
        else:
            raise AssertionError(f"expected {code}")


def refuses_tools() -> None:
    """refuses tools for an assistant, by name"""
    try:
        client.chat.completions.create(model=ASSISTANT, messages=MESSAGES, tools=[TOOL])
    except openai.BadRequestError as error:
        assert (error.code, error.param) == ("unsupported_parameter", "tools"), error
    else:
        raise AssertionError("expected a refusal of tools")


OF_MODELS = [calls_tools, streams_tools, parses, responds_with_tools, shows] if TOOL_MODEL else []
OF_RECORDINGS = [transcribes] if AUDIO_MODEL else []
run([lists, asks, asks_model, streams, streams_usage, streams_with_helper, streams_async, embeds, responds, refuses, refuses_tools, *OF_MODELS, *OF_RECORDINGS])
