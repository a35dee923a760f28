#!/usr/bin/env python3
"""Writes what sentence-transformers makes of some texts, for the tests of the crate `embedding`.

    golden.py MODEL-FOLDER > crates/embedding/tests/golden/sentence-transformers.json

Needs sentence-transformers. The texts are those that are hard for a tokenizer, and ordinary ones.
"""

import base64
import json
import sys

from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

TEXTS = [
    "hello",
    "The roof of the Granary was renewed in 2019.",
    "Hur mycket kostar gästlägenheten per natt i juli?",
    "Ansök minst sex veckor före inflyttning; styrelsen svarar inom fem veckor.",
    "東京は日本の首都です。",
    "naïve café — résumé, “quotes” and ‘more’… €5½",
    'fn main() { println!("{}", 1 + 2); }',
    "https://example.org/a?b=c&d=%20 user@example.org",
    "Item: Interest; Budget 2026, thousand kronor: -2,150; Outcome 2024, thousand kronor: -1,905",
    "ÅÄÖ åäö Ünïcödé İstanbul ﬁne Ⅷ",
    "tab\tnew\nline\r\nand\u00a0nbsp\u200bzero\u0000nul\ufffd",
    "한국어 문장도 있습니다",
    "Привет, мир! Как дела?",
    "a" * 120 + " pneumonoultramicroscopicsilicovolcanoconiosis",
    "😀 emoji 👍🏽 mixed",
    "...!!!???",
    "x",
    "what similarity laws must be obeyed when constructing aeroelastic models of heated high speed aircraft .",
    " ".join(["The monthly fee covers heating, cold water and waste collection."] * 30),
    " ".join(f"Sentence number {n} of a long document about flats and fees." for n in range(120)),
]

folder = sys.argv[1]
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.no_padding()
tokenizer.no_truncation()
model = SentenceTransformer(folder, device="cpu")
model.max_seq_length = 512
rows = []
for text, vector in zip(TEXTS, model.encode(TEXTS, normalize_embeddings=True)):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    coded = base64.b64encode(vector.astype("<f4").tobytes()).decode()
    rows.append(json.dumps({"text": text, "ids": ids, "vector": coded}, ensure_ascii=False))
print("[\n" + ",\n".join(rows) + "\n]")
