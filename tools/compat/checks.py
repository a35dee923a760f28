"""Runs checks one after the other, and says of each whether it held."""

import os
import sys
import traceback
from collections.abc import Callable

URL = os.environ["TESSERA_OPENAI_URL"]
KEY = os.environ["TESSERA_OPENAI_KEY"]
ASSISTANT = os.environ["TESSERA_OPENAI_MODEL"]
CHAT_MODEL = os.environ["TESSERA_OPENAI_CHAT_MODEL"]
# A model with the capabilities tools, json_schema and vision; empty if there is none to try.
TOOL_MODEL = os.environ["TESSERA_OPENAI_TOOL_MODEL"]
EMBEDDING_MODEL = os.environ["TESSERA_OPENAI_EMBEDDING_MODEL"]
# A model of the kind transcription; empty if there is none to try.
AUDIO_MODEL = os.environ["TESSERA_OPENAI_AUDIO_MODEL"]
QUESTION = "What do the documents say?"
# One pixel.
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


def run(checks: list[Callable[[], object]]) -> None:
    """Runs the functions; their documentation says what each shows. Ends the process."""
    failures = 0
    for check in checks:
        try:
            check()
            print(f"ok      {check.__doc__}", flush=True)
        except Exception:  # noqa: BLE001 - whatever a client throws is what we want to see
            failures += 1
            print(f"FAILED  {check.__doc__}\n{traceback.format_exc()}", flush=True)
    sys.exit(1 if failures else 0)
