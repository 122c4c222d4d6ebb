"""Tests of the tokenizer and the corpus: python3 -m unittest, in this directory."""

import os
import tarfile
import tempfile
import unittest
from collections import Counter

from bpe import END_OF_TEXT, Tokenizer, documents, pre_tokenizer, train_merges
from corpus import prepare

TEXT = "the fox and the hen. \"Don't!\" said the hen; the fox didn't care: 12 hens,\n  3 foxes. " * 20


def slow_merges(word_counts, merge_count):
    """BPE as its definition says: count all pairs again after every merge."""
    words = {tuple(bytes([b]) for b in word): count for word, count in word_counts.items()}
    merges = []
    for _ in range(merge_count):
        pairs = Counter()
        for symbols, count in words.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        joined = Counter()
        for symbols, count in words.items():
            out = []
            for symbol in symbols:
                if out and (out[-1], symbol) == best:
                    out[-1] += symbol
                else:
                    out.append(symbol)
            joined[tuple(out)] += count
        words = joined
    return merges


class PreTokenizerTest(unittest.TestCase):
    def test_splits_as_gpt2_does(self):
        self.assertEqual(
            pre_tokenizer().findall("I've 2 foxes,  really\n\nyes!"),
            ["I", "'ve", " 2", " foxes", ",", " ", " really", "\n", "\n", "yes", "!"])

    def test_tells_letters_from_numbers_beyond_ascii(self):
        self.assertEqual(pre_tokenizer().findall("\u00e9t\u00e9\u00b2 \u0416\u2167"), ["\u00e9t\u00e9", "\u00b2", " \u0416", "\u2167"])


class TokenizerTest(unittest.TestCase):
    def setUp(self):
        self.tokenizer = Tokenizer.train([TEXT], 285)

    def test_incremental_merges_equal_those_of_the_definition(self):
        words = {w.encode(): c for w, c in Counter(pre_tokenizer().findall(TEXT)).items()}
        self.assertEqual(train_merges(words, 25), slow_merges(words, 25))

    def test_decodes_what_it_encoded_for_any_text(self):
        for text in (TEXT, "", " ", "\u00e9\u4e2d\U0001f98a\n\t\x00", END_OF_TEXT):
            self.assertEqual(self.tokenizer.decode(self.tokenizer.encode(text)), text)

    def test_no_text_encodes_to_the_end_of_text(self):
        self.assertNotIn(self.tokenizer.end_of_text, self.tokenizer.encode(END_OF_TEXT))

    def test_common_words_are_one_token(self):
        self.assertEqual(len(self.tokenizer.encode(" the")), 1)

    def test_saved_tokenizer_encodes_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tokenizer.json")
            self.tokenizer.save(path)
            loaded = Tokenizer.load(path)
        self.assertEqual(loaded.encode(TEXT), self.tokenizer.encode(TEXT))
        self.assertEqual(loaded.printable_pieces(), self.tokenizer.printable_pieces())

    def test_refuses_a_vocabulary_the_text_cannot_fill(self):
        with self.assertRaisesRegex(ValueError, "were asked for"):
            Tokenizer.train(["a b"], 4096)


class CorpusTest(unittest.TestCase):
    def test_reads_the_splits_of_an_archive(self):
        with tempfile.TemporaryDirectory() as folder:
            archive = os.path.join(folder, "books.tar.xz")
            with tarfile.open(archive, "w:xz") as tar:
                for split in ("train", "valid"):
                    path = os.path.join(folder, f"books.{split}.txt")
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(f"{TEXT}\n\n{END_OF_TEXT}\n{TEXT}")
                    tar.add(path, os.path.basename(path))
            work = os.path.join(folder, "work")
            os.mkdir(work)
            tokenizer, train, valid, valid_bytes = prepare(archive, work, 285)
        self.assertEqual(tokenizer.decode(train.tolist()), 2 * TEXT.strip())
        self.assertEqual((train == tokenizer.end_of_text).sum(), 2)
        self.assertEqual(valid.tolist(), train.tolist())
        self.assertEqual(valid_bytes, 2 * len(TEXT.strip()))

    def test_splits_a_plain_text_by_document(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "all.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"\n{END_OF_TEXT}\n".join(f"story {n}. {TEXT}" for n in range(300)))
            prepare(path, folder, 285)
            counts = [sum(1 for _ in documents(os.path.join(folder, f"{s}.txt"))) for s in ("train", "valid")]
        self.assertEqual(sum(counts), 300)
        self.assertTrue(0 < counts[1] < 15, counts)


if __name__ == "__main__":
    unittest.main()
