"""Decoding speed of transformers with random weights of Llama-3.2-1B and Llama-3.1-8B shape in BF16.

Prints one JSON line per shape and number of sequences: milliseconds per token step, context of 256.
"""
import json
import statistics
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

SHAPES = {
    "llama-3.2-1b": (2048, 8192, 16, 32, 8, True),
    "llama-3.1-8b": (4096, 14336, 32, 32, 8, False),
}

for name, (hidden, inner, layers, heads, kv_heads, tied) in SHAPES.items():
    config = LlamaConfig(
        vocab_size=128256, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=kv_heads, tie_word_embeddings=tied,
        max_position_embeddings=4096)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = LlamaForCausalLM(config).eval()
    for sequences in (1, 8, 32, 128):
        with torch.inference_mode():
            ids = torch.randint(0, 128256, (sequences, 256), device="cuda")
            state = model(ids, use_cache=True)
            token = state.logits[:, -1:].argmax(-1)
            times = []
            for _ in range(40):
                torch.cuda.synchronize()
                start = time.perf_counter()
                state = model(token, past_key_values=state.past_key_values, use_cache=True)
                token = state.logits[:, -1:].argmax(-1)
                torch.cuda.synchronize()
                times.append(1000 * (time.perf_counter() - start))
        print(json.dumps({
            "peer": "transformers " + torch.__version__, "model": name, "weights": "bf16", "sequences": sequences,
            "median_ms": statistics.median(times[10:]), "least_ms": min(times)}), flush=True)
    del model, state
    torch.cuda.empty_cache()
