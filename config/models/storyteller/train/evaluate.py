"""Measures a pair of model files: bits per byte, acceptance, samples."""

import math

import numpy as np
import torch

from generate import continue_greedily, continue_sampled, continue_with_noise, gumbel
from model import next_token_loss

PROMPTS, PROMPT_TOKENS, OUTPUT_TOKENS = 50, 64, 128
DRAFT_LENGTHS = (2, 4, 8)
TEMPERATURE = 0.8


@torch.no_grad()
def bits_per_byte(model, tokens, text_bytes):
    """Over the whole split in windows of the context; every token but the first is predicted once.

    The bytes are those of the texts: predicting the end of a text costs bits and gains no byte.
    """
    nats, length = 0.0, model.shape.context
    for start in range(0, len(tokens) - 1, length):
        ids = torch.from_numpy(tokens[start : start + length + 1].astype(np.int64))[None]
        nats += next_token_loss(model, ids).item() * (ids.shape[1] - 1)
    return nats / math.log(2) / text_bytes


def prompts_of(tokens, end_of_text):
    """The beginnings of evenly spread stretches of the split that hold no end of text. [prompts, tokens]"""
    rows = []
    for start in np.linspace(0, len(tokens) - 4 * PROMPT_TOKENS, PROMPTS).astype(int):
        while (tokens[start : start + PROMPT_TOKENS] == end_of_text).any():
            start += 1
        rows.append(tokens[start : start + PROMPT_TOKENS].astype(np.int64))
    return torch.from_numpy(np.stack(rows))


@torch.no_grad()
def acceptance(target, draft, prompts, temperature, seed, end_of_text):
    """Acceptance by draft length: {k: (accepted / drafted, emitted per verify)}.

    A draft token counts only while all before it are accepted, so it always stands on the target's own text: one
    pass of the draft over that text tells every token it would have proposed. With a temperature both models pick
    with the same noise per position.
    """
    if temperature == 0:
        text = continue_greedily(target, prompts, OUTPUT_TOKENS)
        scores = draft(text[:, :-1])[:, prompts.shape[1] - 1 :]
    else:
        generator = torch.Generator().manual_seed(seed)
        noise = gumbel((len(prompts), OUTPUT_TOKENS, target.shape.vocab), generator)
        text = continue_with_noise(target, prompts, temperature, noise)
        scores = draft(text[:, :-1])[:, prompts.shape[1] - 1 :] / temperature + noise
    output = text[:, prompts.shape[1] :]
    matches = (scores.argmax(2) == output).numpy()
    lengths = [ended_length(row, end_of_text) for row in output.numpy()]
    return {k: speculate(matches, lengths, k) for k in DRAFT_LENGTHS}, float(matches.mean())


def ended_length(row, end_of_text):
    ends = np.flatnonzero(row == end_of_text)
    return int(ends[0]) + 1 if len(ends) else len(row)


def speculate(matches, lengths, k):
    """Plays draft-and-verify over rows of `draft token == target token` and returns the two acceptance figures."""
    drafted = accepted = verifies = emitted = 0
    for row, length in zip(matches, lengths):
        at = 0
        while at < length:
            tried = min(k, length - at)
            kept = 0
            while kept < tried and row[at + kept]:
                kept += 1
            drafted, accepted, verifies = drafted + tried, accepted + kept, verifies + 1
            step = min(kept + 1, length - at)
            emitted, at = emitted + step, at + step
    return accepted / drafted, emitted / verifies


def samples(target, tokenizer, tokens, count, seed):
    """(opening, continuation at temperature 0.8) of the first documents of a split; nothing is selected."""
    starts = [0, *(np.flatnonzero(tokens == tokenizer.end_of_text) + 1)][:count]
    generator = torch.Generator().manual_seed(seed)
    pairs = []
    for start in starts:
        opening = torch.from_numpy(tokens[start : start + 24].astype(np.int64))[None]
        row = continue_sampled(target, opening, 160, TEMPERATURE, generator)[0, 24:].numpy()
        row = row[: ended_length(row, tokenizer.end_of_text)]
        pairs.append((tokenizer.decode(opening[0].tolist()), tokenizer.decode(row.tolist())))
    return pairs


def multiplications(shape):
    """Multiply-adds per token in matrices, head included, attention over the past left out."""
    attention = 2 * shape.dim * shape.head_dim * (shape.heads + shape.kv_heads)
    return shape.vocab * shape.dim + shape.layers * (attention + 3 * shape.dim * shape.ffn)


def evaluate(target, draft, tokenizer, valid, text_bytes, seed):
    """Everything the model card reports, as plain data."""
    prompts = prompts_of(valid, tokenizer.end_of_text)
    result = {
        "parameters": {"target": target.parameter_count(), "draft": draft.parameter_count()},
        "cost_ratio": round(multiplications(target.shape) / multiplications(draft.shape), 2),
        "bits_per_byte": {
            "target": round(bits_per_byte(target, valid, text_bytes), 4),
            "draft": round(bits_per_byte(draft, valid, text_bytes), 4),
        },
        "acceptance": {},
    }
    for label, temperature in (("greedy", 0), (f"temperature {TEMPERATURE}", TEMPERATURE)):
        by_length, agreement = acceptance(target, draft, prompts, temperature, seed, tokenizer.end_of_text)
        rows = {k: {"rate": round(r, 4), "length": round(n, 3)} for k, (r, n) in by_length.items()}
        result["acceptance"][label] = {"agreement": round(agreement, 4), "k": rows}
    result["samples"] = samples(target, tokenizer, valid, 5, seed)
    return result
