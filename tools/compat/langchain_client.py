"""LangChain's OpenAI integration."""

import openai
from checks import ASSISTANT, EMBEDDING_MODEL, KEY, QUESTION, TOOL_MODEL, URL, run
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

MESSAGES = [("system", "Be brief."), ("human", QUESTION)]
chat = ChatOpenAI(base_url=URL, api_key=KEY, model=ASSISTANT)


def invokes() -> None:
    """invokes; text and usage are there"""
    answer = chat.invoke(MESSAGES)
    assert answer.text and answer.usage_metadata["total_tokens"] > 0


def streams() -> None:
    """streams, with usage where it is asked for"""
    assert "".join(chunk.text for chunk in chat.stream(MESSAGES))
    costly = ChatOpenAI(base_url=URL, api_key=KEY, model=ASSISTANT, stream_usage=True)
    chunks = list(costly.stream(MESSAGES))
    assert any(chunk.usage_metadata for chunk in chunks)


def responds() -> None:
    """invokes through the Responses API"""
    assert ChatOpenAI(base_url=URL, api_key=KEY, model=ASSISTANT, use_responses_api=True).invoke(MESSAGES).text


def embeds() -> None:
    """embeds texts, with check_embedding_ctx_length=False"""
    embeddings = OpenAIEmbeddings(base_url=URL, api_key=KEY, model=EMBEDDING_MODEL, check_embedding_ctx_length=False)
    assert len(embeddings.embed_documents(["one", "two"])) == 2
    assert embeddings.embed_query("one")


def names_the_option() -> None:
    """refuses token arrays, which LangChain sends by default, and says which option turns them off"""
    try:
        openai.OpenAI(base_url=URL, api_key=KEY).embeddings.create(model=EMBEDDING_MODEL, input=[[9906, 1917]])
    except openai.BadRequestError as error:
        assert error.code == "unsupported_parameter" and "check_embedding_ctx_length" in error.message, error
    else:
        raise AssertionError("expected a refusal of token arrays")


class City(BaseModel):
    """A city."""

    city: str


@tool
def weather(city: str) -> str:
    """Says the weather of a city."""
    return f"Snow in {city}"


def agent(**options: object) -> None:
    """Asks, runs the tools that are called, and asks again, as an agent does."""
    model = ChatOpenAI(base_url=URL, api_key=KEY, model=TOOL_MODEL, **options)
    messages = [HumanMessage("How is the weather in Åre? Use the tool.")]
    answer = model.bind_tools([weather]).invoke(messages)
    assert answer.tool_calls and answer.tool_calls[0]["name"] == "weather", answer
    results = [ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls]
    assert model.bind_tools([weather]).invoke([*messages, answer, *results]).text


def calls_tools() -> None:
    """calls tools with bind_tools, as agents do"""
    agent()


def responds_with_tools() -> None:
    """the same through the Responses API"""
    agent(use_responses_api=True)


def streams_tools() -> None:
    """streams calls of tools"""
    model = ChatOpenAI(base_url=URL, api_key=KEY, model=TOOL_MODEL).bind_tools([weather])
    whole = None
    for chunk in model.stream([HumanMessage("How is the weather in Åre? Use the tool.")]):
        whole = chunk if whole is None else whole + chunk
    assert whole.tool_calls[0]["name"] == "weather" and whole.tool_calls[0]["args"], whole


def structures() -> None:
    """with_structured_output, by schema, by JSON and by a call"""
    model = ChatOpenAI(base_url=URL, api_key=KEY, model=TOOL_MODEL)
    for method in ("json_schema", "function_calling", "json_mode"):
        found = model.with_structured_output(City, method=method).invoke("Answer in JSON with the member city: Åre.")
        assert isinstance(found, City), (method, found)


OF_MODELS = [calls_tools, responds_with_tools, streams_tools, structures] if TOOL_MODEL else []
run([invokes, streams, responds, embeds, names_the_option, *OF_MODELS])
