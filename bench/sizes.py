#!/usr/bin/env python3
"""Sizes of the components, as they are stored and compressed, in bytes.

    ./stack build && bench/sizes.py [FOLDER [BEFORE]]

FOLDER has the components (dist). With BEFORE, a folder of another build, the change is printed.
Compressed is gzip at level 9: what an archive or a registry transfers.
"""
import gzip
import pathlib
import sys


def sizes(folder):
    files = sorted(pathlib.Path(folder).glob("*.wasm"))
    read = ((file.stem, file.read_bytes()) for file in files)
    return {name: (len(data), len(gzip.compress(data, 9, mtime=0))) for name, data in read}


def row(name, size, before):
    cells = [f"{size[0]:,}", f"{size[1]:,}"]
    if before:
        cells += [f"{before[1]:,}", f"{(size[1] / before[1] - 1) * 100:+.1f} %"]
    return f"| {name} | " + " | ".join(cells) + " |"


def total(all_sizes):
    return tuple(map(sum, zip(*all_sizes)))


def main():
    folders = sys.argv[1:] or [pathlib.Path(__file__).parent.parent / "dist"]
    now, *rest = [sizes(folder) for folder in folders]
    if not now:
        sys.exit(f"expected components in {folders[0]}; build them: ./stack build")
    before = rest[0] if rest else {}
    heads = ["component", "stored", "compressed"] + (["compressed before", "change"] if before else [])
    print("| " + " | ".join(heads) + " |")
    print("|---|" + "--:|" * (len(heads) - 1))
    for name, size in now.items():
        print(row(name, size, before.get(name)))
    in_both = [before[name] for name in now if name in before]
    print(row("all", total(now.values()), total(in_both) if in_both else None))


main()
