#!/usr/bin/env python3
"""Compares the built-in embedding model with sentence-transformers: same model, same texts, same cores, one run.

    compare.py --model FOLDER --ours PROGRAM --data FOLDER [--threads 2] [--rounds 3] [--environment FOLDER]

PROGRAM is the example `embed` of the crate `embedding` (`cargo build --release -p embedding --example embed`). DATA is a
collection in BEIR form: its texts, cut into chunks of 244 tokens, are what throughput is measured on, in rounds that take
turns; its queries and judgements give nDCG@10 by exact cosine. Where sentence-transformers is not installed, it is put
into a virtual environment at --environment (some gigabytes), which later runs use again.
"""

import argparse
import json
import math
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

CHUNK = 244  # tokens, the two special ones included
CHUNKS = 128
BATCH = 8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--ours", required=True, type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environment", type=pathlib.Path)
    return parser.parse_args()


def in_environment(folder):
    """Goes on in a Python that has sentence-transformers, installing it first where it is missing."""
    try:
        import sentence_transformers  # noqa: F401

        return
    except ImportError:
        if folder is None:
            sys.exit("sentence-transformers expected, but not installed; name a folder for it with --environment")
    python = folder.resolve() / "bin" / "python"
    if not python.exists():
        print(f"installing sentence-transformers into {folder}, some gigabytes …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    if subprocess.run([python, "-c", "import sentence_transformers"], capture_output=True).returncode != 0:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "sentence-transformers"], check=True)
    os.execv(python, [str(python), *sys.argv])


def collection(folder):
    def lines(name):
        return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines() if line.strip()]

    judged = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, grade = line.split("\t")[:3]
        if grade.strip().lstrip("-").isdigit():
            judged.setdefault(query, {})[document] = int(grade)
    return lines("corpus.jsonl"), lines("queries.jsonl"), judged


def chunks(tokenizer, documents):
    """Texts of CHUNK tokens: the collection as one text, decoded piece by piece."""
    ids = []
    for document in documents:
        ids += tokenizer(document["text"], add_special_tokens=False, verbose=False)["input_ids"]
        if len(ids) >= (CHUNK - 2) * CHUNKS:
            break
    pieces = [ids[at : at + CHUNK - 2] for at in range(0, len(ids), CHUNK - 2)]
    return [tokenizer.decode(piece) for piece in pieces[:CHUNKS]]


def ours(options, texts, vectors=None):
    command = [options.ours, options.model, str(options.threads)] + ([vectors] if vectors else [])
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def ndcg(documents, queries, judged, document_vectors, query_vectors):
    import numpy

    total, count = 0.0, 0
    for query, scores in zip(queries, query_vectors @ document_vectors.T):
        grades = judged.get(query["_id"], {})
        if not any(grade > 0 for grade in grades.values()):
            continue
        count += 1
        best = numpy.argsort(-scores)[:10]
        gain = sum(grades.get(documents[at]["_id"], 0) / math.log2(rank + 2) for rank, at in enumerate(best))
        ideal = sorted(grades.values(), reverse=True)[:10]
        total += gain / sum(grade / math.log2(rank + 2) for rank, grade in enumerate(ideal))
    return total / count


def main():
    options = arguments()
    in_environment(options.environment)
    import numpy
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(options.threads)
    model = SentenceTransformer(str(options.model), device="cpu")
    model.max_seq_length = 512
    documents, queries, judged = collection(options.data)

    texts = chunks(model.tokenizer, documents)
    model.encode(texts[:BATCH], batch_size=BATCH)
    rates, their_rates, runs = [], [], []
    for _ in range(options.rounds):
        start = time.perf_counter()
        model.encode(texts, batch_size=BATCH)
        their_rates.append(len(texts) / (time.perf_counter() - start))
        runs.append(ours(options, texts))
        rates.append(len(texts) / runs[-1]["seconds"])
    rate, their_rate = statistics.median(rates), statistics.median(their_rates)

    asked = [query["text"] for query in queries]
    told = [". ".join(filter(None, [document.get("title"), document["text"]])) for document in documents]
    theirs = model.encode(told + asked, batch_size=BATCH, normalize_embeddings=True)
    their_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "vectors")
        ours(options, told + asked, file)
        mine = numpy.fromfile(file, dtype="<f4").reshape(-1, theirs.shape[1])
    cut = len(documents)
    quality = ndcg(documents, queries, judged, mine[:cut], mine[cut:])
    their_quality = ndcg(documents, queries, judged, theirs[:cut], theirs[cut:])
    cosines = (mine * theirs).sum(axis=1)

    last = runs[-1]
    p50 = statistics.median(run["query_p50_ms"] for run in runs)
    print(
        json.dumps(
            {
                "instructions": last["instructions"],
                "threads": options.threads,
                "chunks_per_second": round(rate, 1),
                "tokens_per_second": round(rate * last["tokens"] / last["texts"]),
                "their_chunks_per_second": round(their_rate, 1),
                "ratio": round(rate / their_rate, 2),
                "ndcg_at_10": round(quality, 4),
                "their_ndcg_at_10": round(their_quality, 4),
                "ndcg_difference": round(quality - their_quality, 4),
                "cosine_least": round(float(cosines.min()), 4),
                "cosine_mean": round(float(cosines.mean()), 5),
                "query_p50_ms": round(p50, 2),
                "first_embedding_seconds": round(last["first_seconds"], 2),
                "peak_memory_mb": last["peak_memory_mb"],
                "their_peak_memory_mb": their_memory,
            },
            indent=1,
        )
    )


main()
