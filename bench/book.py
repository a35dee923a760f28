"""Makes a PDF of 350 pages and about 130 000 words with nothing but the standard library: `book.py OUT.pdf`.

The text is invented, seeded, and different on every page; the streams are compressed as usual.
"""

import random
import sys
import zlib

PAGES, LINES, WORDS_A_LINE = 350, 34, 11
SYLLABLES = "ba ne ri to lu ka mi so de va hu pe gra stel mor fin tal ber ons ard".split()
COMMON = "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you were all".split()


def word(rng, rare):
    return rng.choice(COMMON) if rng.random() < 0.45 else rng.choice(rare)


def page_stream(number, rng, rare):
    out = [f"BT /F1 16 Tf 72 790 Td (Chapter {number // 10 + 1}, section {number % 10 + 1}) Tj ET", "BT /F2 10.5 Tf 72 760 Td 20.5 TL"]
    for _ in range(LINES):
        line = " ".join(word(rng, rare) for _ in range(WORDS_A_LINE))
        out.append(f"({line.capitalize()}.) Tj T*")
    out.append("ET")
    return "\n".join(out).encode("latin-1")


def main(path):
    rng = random.Random(7)
    rare = sorted({"".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4))) for _ in range(6000)})
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    fonts = "<< /F1 3 0 R /F2 4 0 R >>"
    objects += [b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>", b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>"]
    kids = []
    for number in range(PAGES):
        data = zlib.compress(page_stream(number, rng, rare), 1)
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(data) + data + b"\nendstream")
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R /Resources << /Font {fonts} >> >>"
        objects.append(page.encode())
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {PAGES} /Kids [{' '.join(kids)}] >>".encode()
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for index, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % index + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    with open(path, "wb") as file:
        file.write(out)


main(sys.argv[1])
