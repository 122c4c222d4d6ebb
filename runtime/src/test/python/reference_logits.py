"""Computes logits and rotary frequencies of small models by PyTorch in double precision, into reference-logits.json.

An independent statement of what the engine computes, written after the papers and model descriptions: RMSNorm, rotary
positions (as complex numbers where neighbours are paired, as rotated halves elsewhere), grouped-query attention with a
full causal mask (Qwen3: queries and keys normed head by head before they are rotated), SiLU-gated feed-forward. Weights follow from their names by a formula that the test repeats; all are
multiples of 1/64 in [-1/8, 1/8), which every weight format of the engine holds exactly.

    /usr/bin/python3 reference_logits.py ../resources/io/adaspec/runtime/model/reference-logits.json
"""

import json
import math
import sys
import zlib

import numpy as np
import torch

VOCABULARY, HIDDEN, FEED_FORWARD, LAYERS, HEADS, KV_HEADS = 96, 64, 96, 2, 4, 2
HEAD_SIZES = {"llama": 16, "qwen2": 16, "qwen3": 24}
EPSILON = 1e-5
TOKENS = [(7 * i * i + 3 * i + 1) % VOCABULARY for i in range(40)]
POSITIONS = [0, 1, 13, 39]

CASES = [
    {"name": "llama", "architecture": "llama", "file": "gguf", "tied": False, "theta": 10000.0},
    {"name": "llama tied, linear scaling", "architecture": "llama", "file": "gguf", "tied": True, "theta": 10000.0,
     "scaling": {"type": "linear", "factor": 4.0}},
    {"name": "llama, frequency divisors", "architecture": "llama", "file": "gguf", "tied": False, "theta": 500000.0,
     "scaling": {"type": "llama3", "factor": 8.0, "low": 1.0, "high": 4.0, "context": 256}},
    {"name": "qwen2", "architecture": "qwen2", "file": "gguf", "tied": False, "theta": 1000000.0},
    {"name": "LlamaForCausalLM, llama3 scaling", "architecture": "llama", "file": "folder", "tied": True,
     "theta": 500000.0, "scaling": {"type": "llama3", "factor": 32.0, "low": 1.0, "high": 4.0, "context": 128}},
    {"name": "LlamaForCausalLM, linear scaling", "architecture": "llama", "file": "folder", "tied": False,
     "theta": 10000.0, "scaling": {"type": "linear", "factor": 2.0}},
    {"name": "Qwen2ForCausalLM", "architecture": "qwen2", "file": "folder", "tied": True, "theta": 1000000.0},
    {"name": "qwen3", "architecture": "qwen3", "file": "gguf", "tied": True, "theta": 1000000.0},
    {"name": "Qwen3ForCausalLM", "architecture": "qwen3", "file": "folder", "tied": False, "theta": 1000000.0},
]


def units(name, count):
    """Whole numbers from -8 to 7 that follow from a tensor's name and the element's index."""
    x = (zlib.crc32(name.encode()) + np.arange(count, dtype=np.uint64) * 2654435761) % 2**32
    x ^= x >> 16
    x = x * 0x45D9F3B % 2**32
    x ^= x >> 16
    return (x & 15).astype(np.int64) - 8


def tensor(name, *shape):
    return torch.from_numpy(units(name, math.prod(shape)) / 64).reshape(shape)


def llama3_scaled(frequency, scaling):
    """https://github.com/meta-llama/llama-models, apply_scaling: by wavelength, with a ramp between two bounds."""
    wavelength = 2 * math.pi / frequency
    if wavelength < scaling["context"] / scaling["high"]:
        return frequency
    if wavelength > scaling["context"] / scaling["low"]:
        return frequency / scaling["factor"]
    smooth = (scaling["context"] / wavelength - scaling["low"]) / (scaling["high"] - scaling["low"])
    return (1 - smooth) * frequency / scaling["factor"] + smooth * frequency


def frequencies(case):
    head_size = HEAD_SIZES[case["architecture"]]
    plain = [1 / case["theta"] ** (2 * i / head_size) for i in range(head_size // 2)]
    scaling = case.get("scaling", {"type": "none"})
    if scaling["type"] == "linear":
        return [f / scaling["factor"] for f in plain]
    return [llama3_scaled(f, scaling) for f in plain] if scaling["type"] == "llama3" else plain


def rotate(x, angles, neighbours):
    """x [rows, heads, head size], angles [rows, head size / 2]."""
    if neighbours:
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
        turned = pairs * torch.polar(torch.ones_like(angles), angles)[:, None]
        return torch.view_as_real(turned).flatten(2)
    both = torch.cat([angles, angles], dim=-1)[:, None]
    first, second = x.chunk(2, dim=-1)
    return x * both.cos() + torch.cat([-second, first], dim=-1) * both.sin()


def norm(x, name):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * (1 + tensor(name, x.shape[-1]))


def attention(x, prefix, case, angles):
    head_size = HEAD_SIZES[case["architecture"]]

    def project(which, heads):
        out = x @ tensor(f"{prefix}attn_{which}.weight", heads * head_size, HIDDEN).T
        if case["architecture"] == "qwen2":
            out = out + 4 * tensor(f"{prefix}attn_{which}.bias", heads * head_size)
        out = out.view(len(x), heads, head_size)
        if case["architecture"] == "qwen3" and which != "v":
            out = norm(out, f"{prefix}attn_{which}_norm.weight")
        return out

    neighbours = case["file"] == "gguf" and case["architecture"] == "llama"
    query = rotate(project("q", HEADS), angles, neighbours)
    key = rotate(project("k", KV_HEADS), angles, neighbours).repeat_interleave(HEADS // KV_HEADS, dim=1)
    value = project("v", KV_HEADS).repeat_interleave(HEADS // KV_HEADS, dim=1)
    scores = torch.einsum("qhd,khd->hqk", query, key) / math.sqrt(head_size)
    later = torch.triu(torch.ones(len(x), len(x), dtype=torch.bool), diagonal=1)
    weights = scores.masked_fill(later, -math.inf).softmax(-1)
    mixed = torch.einsum("hqk,khd->qhd", weights, value).flatten(1)
    return mixed @ tensor(prefix + "attn_output.weight", HIDDEN, HEADS * head_size).T


def feed_forward(x, prefix):
    gate = torch.nn.functional.silu(x @ tensor(prefix + "ffn_gate.weight", FEED_FORWARD, HIDDEN).T)
    up = x @ tensor(prefix + "ffn_up.weight", FEED_FORWARD, HIDDEN).T
    return (gate * up) @ tensor(prefix + "ffn_down.weight", HIDDEN, FEED_FORWARD).T


def logits(case):
    embedding = tensor("token_embd.weight", VOCABULARY, HIDDEN)
    angles = torch.outer(torch.arange(len(TOKENS), dtype=torch.float64), torch.tensor(frequencies(case)).double())
    x = embedding[TOKENS]
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        x = x + attention(norm(x, prefix + "attn_norm.weight"), prefix, case, angles)
        x = x + feed_forward(norm(x, prefix + "ffn_norm.weight"), prefix)
    head = embedding if case["tied"] else tensor("output.weight", VOCABULARY, HIDDEN)
    return norm(x, "output_norm.weight") @ head.T


def main():
    torch.set_default_dtype(torch.float64)
    for case in CASES:
        case["frequencies"] = [float(f"{f:.9g}") for f in frequencies(case)]
        case["logits"] = [[round(v, 6) for v in row] for row in logits(case)[POSITIONS].tolist()]
    text = json.dumps({"tokens": TOKENS, "positions": POSITIONS, "cases": CASES})
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(text.replace(', "cases": [', ',\n"cases": [').replace('}, {"name"', '},\n{"name"') + "\n")


if __name__ == "__main__":
    main()
