"""Reads the packaged multilingual-e5-small (E5S1: header, unigram vocabulary, normaliser map, tensor directory, 4-bit blocks)."""

import struct

import numpy


class File:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        assert self.bytes[:4] == b"E5S1", "an E5S1 file expected"
        self.dimensions, self.layers, self.heads, self.inner, self.rows, self.window, _ = self._take("<7i", 8)
        self.epsilon, _ = self._take("<fi", 36)
        self.pieces_count, self.first, self.last, self.pad, self.unknown = self._take("<5i", 44)
        (length,) = self._take("<Q", 64)
        at, count = 72, self.pieces_count
        offsets = numpy.frombuffer(self.bytes, "<u4", count + 1, at)
        self.scores = numpy.frombuffer(self.bytes, "<f4", count, at + 4 * (count + 1))
        at += 8 * count + 4
        self.pieces = [self.bytes[at + offsets[i] : at + offsets[i + 1]].decode() for i in range(count)]
        at += length
        entries, length = self._take("<iI", at)
        at, self.map = at + 8, {}
        for _ in range(entries):
            character, many = self._take("<IB", at)
            self.map[chr(character)] = "".join(map(chr, self._take(f"<{many}I", at + 5)))
            at += 5 + 4 * many
        (entries,) = self._take("<i", at)
        at, self.directory = at + 4, {}
        for _ in range(entries):
            (length,) = self._take("<H", at)
            name = self.bytes[at + 2 : at + 2 + length].decode()
            kind, count, offset, _ = self._take("<BIQQ", at + 2 + length)
            self.directory[name] = (kind, count, offset)
            at += 23 + length

    def _take(self, form, at):
        return struct.unpack_from(form, self.bytes, at)

    def tensor(self, name, *shape):
        """The floats of a tensor; those in 4 bits are (nibble - 8) * scale, low nibbles first."""
        kind, count, offset = self.directory[name]
        if kind == 0:
            return numpy.frombuffer(self.bytes, "<f4", count, offset).reshape(shape)
        blocks = numpy.frombuffer(self.bytes, "u1", count // 32 * 18, offset).reshape(-1, 18)
        scale = blocks[:, :2].copy().view("<f2").astype("f4")
        nibbles = numpy.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype("f4") - 8
        return (nibbles * scale).reshape(shape)
