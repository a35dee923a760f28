"""LlamaIndex's clients for servers like OpenAI's."""

from checks import ASSISTANT, EMBEDDING_MODEL, KEY, QUESTION, URL, run
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike

llm = OpenAILike(model=ASSISTANT, api_base=URL, api_key=KEY, is_chat_model=True, context_window=8_000)
MESSAGES = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content=QUESTION)]


def chats() -> None:
    """chats"""
    assert llm.chat(MESSAGES).message.content


def completes() -> None:
    """completes a prompt through the chat route"""
    assert llm.complete(QUESTION).text


def streams() -> None:
    """streams"""
    assert "".join(chunk.delta or "" for chunk in llm.stream_chat(MESSAGES))


def embeds() -> None:
    """embeds"""
    embedding = OpenAILikeEmbedding(model_name=EMBEDDING_MODEL, api_base=URL, api_key=KEY, embed_batch_size=100)
    assert len(embedding.get_text_embedding_batch(["one", "two"])) == 2


run([chats, completes, streams, embeds])
