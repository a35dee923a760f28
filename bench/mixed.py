"""Makes labelled collections in two languages and in English out of xquad-sv-en and xquad-en-sv, for
`./stack eval`.

    python3 bench/mixed.py ../shared/data OUT
    for set in OUT/*; do ./stack eval "$set"; done

Of each English paragraph and its Swedish translation one stays, by the hash of its id. The four
sets have the same corpus; their names say the language of the questions and of the answers. A fifth
set, `english`, has the English paragraphs and their English questions alone.
"""

import csv
import hashlib
import json
import pathlib
import sys


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def judged(path):
    with path.open(encoding="utf-8", newline="") as file:
        return {row["query-id"]: row["corpus-id"] for row in csv.DictReader(file, delimiter="\t")}


def write(place, corpus, queries, answers):
    place.mkdir(parents=True, exist_ok=True)
    for name, items in [("corpus", corpus), ("queries", queries)]:
        text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        (place / f"{name}.jsonl").write_text(text, encoding="utf-8")
    rows = "".join(f"{query['_id']}\t{answers[query['_id']]}\t1\n" for query in queries)
    (place / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows, encoding="utf-8")
    print(f"{place}: {len(corpus)} texts, {len(queries)} questions")


def main(data, out):
    english, swedish = data / "xquad-sv-en", data / "xquad-en-sv"
    in_english, in_swedish = judged(english / "qrels.tsv"), judged(swedish / "qrels.tsv")
    translations = {}
    for query, paragraph in in_english.items():
        translations.setdefault(paragraph, set()).add(in_swedish[query])
    stays = lambda paragraph: hashlib.sha256(paragraph.encode()).digest()[0] % 2 == 0
    replaced = {t for paragraph, all in translations.items() if stays(paragraph) for t in all}
    corpus = [d for d in lines(english / "corpus.jsonl") if stays(d["_id"]) or d["_id"] not in translations]
    corpus += [d for d in lines(swedish / "corpus.jsonl") if d["_id"] not in replaced]
    ids = {document["_id"] for document in corpus}
    for asked, folder in [("swedish", english), ("english", swedish)]:
        questions = lines(folder / "queries.jsonl")
        for language, answers in [("english", in_english), ("swedish", in_swedish)]:
            other = in_swedish if answers is in_english else in_english
            kept = [q for q in questions if answers[q["_id"]] in ids and other[q["_id"]] not in ids]
            write(out / f"{asked}-to-{language}-among-both", corpus, kept, answers)
    questions = [q for q in lines(swedish / "queries.jsonl") if q["_id"] in in_english]
    write(out / "english", lines(english / "corpus.jsonl"), questions, in_english)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
