"""Runs foreign clients against the OpenAI-compatible door of a running Tessera. See README.md."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
# Each client: the packages that it needs, and the program that tries it.
PYTHON = {
    "openai-python": (["openai==3.57.0"], "openai_python.py"),
    "langchain": (["langchain-openai==1.7.4"], "langchain_client.py"),
    "llamaindex": (
        ["llama-index-llms-openai-like==0.8.1", "llama-index-embeddings-openai-like==0.4.0"],
        "llamaindex_client.py",
    ),
}
NODE = {"node": (["openai@7.59.0"], "openai_node.mjs")}


def environment() -> dict[str, str]:
    """The variables of the programs: address, key, and the models to ask."""
    missing = [name for name in ("TESSERA_OPENAI_URL", "TESSERA_OPENAI_KEY") if not os.environ.get(name)]
    if missing:
        sys.exit(f"expected {' and '.join(missing)} in the environment; see tools/compat/README.md")
    url, key = os.environ["TESSERA_OPENAI_URL"].rstrip("/"), os.environ["TESSERA_OPENAI_KEY"]
    request = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        names = [model["id"] for model in json.load(answer)["data"]]
    assistants = [name for name in names if name.startswith("assistant/")]
    models = [name for name in names if not name.startswith("assistant/")]
    if not assistants or len(models) < 2:
        sys.exit(f"expected a key that may use an assistant, a chat model and an embedding model; it may use {names}")
    return {
        **os.environ,
        "TESSERA_OPENAI_URL": url,
        "TESSERA_OPENAI_MODEL": os.environ.get("TESSERA_OPENAI_MODEL", assistants[0]),
        "TESSERA_OPENAI_CHAT_MODEL": models[0],
        "TESSERA_OPENAI_TOOL_MODEL": os.environ.get("TESSERA_OPENAI_TOOL_MODEL", ""),
        "TESSERA_OPENAI_AUDIO_MODEL": os.environ.get("TESSERA_OPENAI_AUDIO_MODEL", ""),
        "TESSERA_OPENAI_EMBEDDING_MODEL": models[-1],
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def run_python(folder: pathlib.Path, packages: list[str], program: str, variables: dict[str, str]) -> bool:
    """Installs packages into a virtual environment of their own, and runs the program there."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], env=variables, check=True)
    return subprocess.run([python, HERE / program], env=variables, check=False).returncode == 0


def run_node(folder: pathlib.Path, packages: list[str], program: str, variables: dict[str, str]) -> bool:
    """Installs packages into a folder, and runs a copy of the program there, where Node finds them."""
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *packages], cwd=folder, check=True)
    (folder / program).write_text((HERE / program).read_text())
    return subprocess.run(["node", program], cwd=folder, env=variables, check=False).returncode == 0


def main() -> int:
    """Runs the clients that are named, or all of them."""
    wanted = sys.argv[1:] or [*PYTHON, *NODE]
    if unknown := [name for name in wanted if name not in {**PYTHON, **NODE}]:
        sys.exit(f"expected some of {', '.join([*PYTHON, *NODE])}, got {', '.join(unknown)}")
    variables, failed = environment(), []
    with tempfile.TemporaryDirectory(prefix="tessera-compat-") as folder:
        for name in wanted:
            packages, program = {**PYTHON, **NODE}[name]
            run = run_python if name in PYTHON else run_node
            print(f"\n{name} ({' '.join(packages)})", flush=True)
            if not run(pathlib.Path(folder) / name, packages, program, variables):
                failed.append(name)
    print(f"\n{'failed: ' + ', '.join(failed) if failed else 'all clients work'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
