"""Byte-level BPE with GPT-2 pre-tokenization: training on word counts, encoding, decoding, tokenizer.json.

Ids: 0..255 are the bytes in GPT-2's printable order, then one id per merge, the last id is the end of text.
"""

import functools
import heapq
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict

import numpy as np

END_OF_TEXT = "<|endoftext|>"


def _character_class(major):
    """The ranges of all code points whose general category starts with `major`, for use inside [...]."""
    ranges, start = [], None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] == major
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(ranges)


@functools.lru_cache(maxsize=1)
def pre_tokenizer():
    """GPT-2's word pattern; Python's `re` has no \\p{L}, so the classes are spelled out."""
    letters, numbers = _character_class("L"), _character_class("N")
    return re.compile(
        r"'s|'t|'re|'ve|'m|'ll|'d"
        rf"| ?[{letters}]+| ?[{numbers}]+| ?[^\s{letters}{numbers}]+|\s+(?!\S)|\s+"
    )


@functools.lru_cache(maxsize=1)
def byte_to_char():
    """GPT-2's printable stand-in for each byte, in the order of the byte ids."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in printable}
    for extra, byte in enumerate(b for b in range(256) if b not in table):
        table[byte] = chr(256 + extra)
    return dict(sorted(table.items(), key=lambda item: item[1]))


def documents(path):
    """Yields the documents of a text file: the stretches between lines that say <|endoftext|>."""
    lines = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() == END_OF_TEXT:
                yield "".join(lines).strip()
                lines = []
            else:
                lines.append(line)
    rest = "".join(lines).strip()
    if rest:
        yield rest


def train_merges(word_counts, merge_count):
    """Learns merges from {word bytes: count}; ties go to the lexicographically smallest pair."""
    words = [[bytes([b]) for b in word] for word in word_counts]
    counts = list(word_counts.values())
    pair_counts, where = Counter(), defaultdict(set)
    for index, symbols in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pair_counts[pair] += counts[index]
            where[pair].add(index)
    heap = [(-count, pair) for pair, count in pair_counts.items()]
    heapq.heapify(heap)
    merges, pieces = [], set()
    while heap and len(merges) < merge_count:
        count, pair = heapq.heappop(heap)
        if -count != pair_counts[pair] or count == 0:
            continue  # an outdated entry: the current count was pushed later
        if pair[0] + pair[1] in pieces:
            continue  # another pair already makes this piece, and a piece has one id
        pieces.add(pair[0] + pair[1])
        merges.append(pair)
        changed = set()
        for index in where.pop(pair):
            symbols = words[index]
            for old in zip(symbols, symbols[1:]):
                pair_counts[old] -= counts[index]
                changed.add(old)
            words[index] = symbols = merge_pair(symbols, pair)
            for new in zip(symbols, symbols[1:]):
                pair_counts[new] += counts[index]
                where[new].add(index)
                changed.add(new)
        for other in changed:
            if pair_counts[other] > 0:
                heapq.heappush(heap, (-pair_counts[other], other))
    return merges


def merge_pair(symbols, pair):
    """The symbols with every occurrence of the pair joined, from the left."""
    merged, index = [], 0
    while index < len(symbols):
        if tuple(symbols[index : index + 2]) == pair:
            merged.append(pair[0] + pair[1])
            index += 2
        else:
            merged.append(symbols[index])
            index += 1
    return merged


class Tokenizer:
    """Encodes text to ids and back; the end of text is a token of its own that no text encodes to."""

    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.pieces = [bytes([b]) for b in byte_to_char()] + [a + b for a, b in self.merges]
        self.ids = {piece: index for index, piece in enumerate(self.pieces)}
        if len(self.ids) != len(self.pieces):
            raise ValueError("two merges make the same piece: the id of a piece must be unique")
        self.end_of_text = len(self.pieces)
        self.size = self.end_of_text + 1
        self._cache = {}

    @staticmethod
    def train(texts, size):
        counts = Counter()
        for text in texts:
            counts.update(pre_tokenizer().findall(text))
        encoded = {word.encode("utf-8"): count for word, count in counts.items()}
        tokenizer = Tokenizer(train_merges(encoded, size - 257))
        if tokenizer.size != size:
            raise ValueError(f"the text has merges for {tokenizer.size} ids only, {size} were asked for")
        return tokenizer

    def encode(self, text):
        ids = []
        for word in pre_tokenizer().findall(text):
            cached = self._cache.get(word)
            if cached is None:
                cached = self._cache[word] = self._encode_word(word)
            ids.extend(cached)
        return ids

    def _encode_word(self, word):
        symbols = [bytes([b]) for b in word.encode("utf-8")]
        while len(symbols) > 1:
            pair = min(zip(symbols, symbols[1:]), key=lambda p: self.ranks.get(p, len(self.ranks)))
            if pair not in self.ranks:
                break
            symbols = merge_pair(symbols, pair)
        return [self.ids[symbol] for symbol in symbols]

    def encode_documents(self, texts):
        """All documents in one array, each followed by the end of text. [tokens]"""
        if self.size > 1 << 16:
            raise ValueError(f"{self.size} ids do not fit 16 bits; use a smaller vocabulary")
        parts = [np.array(self.encode(text) + [self.end_of_text], np.uint16) for text in texts]
        return np.concatenate(parts)

    def decode(self, ids):
        """The text of the ids; the end of text is left out."""
        data = b"".join(self.pieces[i] for i in ids if i != self.end_of_text)
        return data.decode("utf-8", errors="replace")

    def printable_pieces(self):
        """The vocabulary as model files spell it: one printable character per byte."""
        table = byte_to_char()
        return ["".join(table[b] for b in piece) for piece in self.pieces] + [END_OF_TEXT]

    def printable_merges(self):
        table = byte_to_char()
        spell = lambda piece: "".join(table[b] for b in piece)
        return [f"{spell(a)} {spell(b)}" for a, b in self.merges]

    def save(self, path):
        """Writes the `tokenizer.json` form that the Hugging Face tokenizers library reads."""
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        special = {"id": self.end_of_text, "content": END_OF_TEXT, "single_word": False, "lstrip": False,
                   "rstrip": False, "normalized": False, "special": True}
        vocab = {piece: index for index, piece in enumerate(self.printable_pieces())}
        model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                 "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                 "vocab": vocab, "merges": self.printable_merges()}
        content = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [special],
                   "normalizer": None, "pre_tokenizer": byte_level, "post_processor": None,
                   "decoder": byte_level, "model": model}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.write("\n")

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as file:
            spelled = json.load(file)["model"]["merges"]
        back = {char: byte for byte, char in byte_to_char().items()}
        return Tokenizer(
            tuple(bytes(back[c] for c in part) for part in merge.split(" ")) for merge in spelled)
