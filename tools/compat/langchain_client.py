"""LangChain's OpenAI integration."""

import openai
from checks import ASSISTANT, EMBEDDING_MODEL, KEY, QUESTION, URL, run
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

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


run([invokes, streams, responds, embeds, names_the_option])
