"""Reads a corpus and turns it into token arrays."""

import hashlib
import os
import tarfile

import numpy as np

from bpe import END_OF_TEXT, Tokenizer, documents


def unpack(corpus, folder):
    """The paths of the training and the validation text, made in `folder`.

    From an archive (.tar.*) these are its members *.train.txt and *.valid.txt. Any other file is taken as text, and
    a document belongs to the validation split when its SHA-256 modulo 100 is 0.
    """
    paths = {split: os.path.join(folder, f"{split}.txt") for split in ("train", "valid")}
    if all(map(os.path.exists, paths.values())):
        return paths["train"], paths["valid"]
    if ".tar" in os.path.basename(corpus):
        with tarfile.open(corpus) as archive:
            for split, path in paths.items():
                names = [name for name in archive.getnames() if name.endswith(f"{split}.txt")]
                if len(names) != 1:
                    raise ValueError(f"{corpus} has {len(names)} members *{split}.txt, expected one")
                with open(path + ".new", "wb") as file:
                    file.write(archive.extractfile(names[0]).read())
    else:
        with open(paths["train"] + ".new", "w", encoding="utf-8") as train, \
                open(paths["valid"] + ".new", "w", encoding="utf-8") as valid:
            for text in documents(corpus):
                held_out = int(hashlib.sha256(text.encode("utf-8")).hexdigest(), 16) % 100 == 0
                (valid if held_out else train).write(f"{text}\n\n{END_OF_TEXT}\n")
    for split, path in paths.items():
        if not any(documents(path + ".new")):
            raise ValueError(
                f"{corpus} has no document for the {split} split; give a text of some hundred documents, separated by "
                f"lines that say {END_OF_TEXT}, or an archive with *.train.txt and *.valid.txt")
    for path in paths.values():
        os.replace(path + ".new", path)
    return paths["train"], paths["valid"]


def prepare(corpus, folder, vocabulary):
    """Tokenizer, training tokens, validation tokens and the number of bytes of the validation texts."""
    train_path, valid_path = unpack(corpus, folder)
    tokenizer_path = os.path.join(folder, "tokenizer.json")
    if not os.path.exists(tokenizer_path):
        print(f"training {vocabulary} byte-level BPE ids on {train_path}", flush=True)
        Tokenizer.train(documents(train_path), vocabulary).save(tokenizer_path)
    tokenizer = Tokenizer.load(tokenizer_path)
    arrays = []
    for path in (train_path, valid_path):
        array_path = path[: -len(".txt")] + ".npy"
        if not os.path.exists(array_path):
            print(f"encoding {path}", flush=True)
            np.save(array_path, tokenizer.encode_documents(documents(path)))
        arrays.append(np.load(array_path))
    valid_bytes = sum(len(text.encode("utf-8")) for text in documents(valid_path))
    return tokenizer, arrays[0], arrays[1], valid_bytes
