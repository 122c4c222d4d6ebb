"""The model files: GGUF (8-bit) and the Hugging Face form (config.json, model.safetensors, tokenizer.json).

    python3 export.py storyteller-target-q8_0.gguf FOLDER
    python3 export.py storyteller-target-q8_0.gguf storyteller-target-f32.gguf

write another form of a GGUF file that the trainer made, with the same values in 32-bit floats: the Hugging Face form
(tokenizer.json is taken from beside the file), or GGUF.
"""

import argparse
import json
import os
import struct

import torch

import gguf
from bpe import END_OF_TEXT, Tokenizer
from model import Llama, ModelShape

# A story that begins with the last message; its earlier messages do not belong to that story.
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.last %}{{ message['content'] | trim }}{% endif %}{% endfor %}")
LICENSE = "apache-2.0"

# How to sample when nobody says: a small model invents words where unlikely tokens are not left out.
TEMPERATURE, TOP_P = 0.8, 0.95

# Our name, GGUF's name, Hugging Face's name of the tensors of one block.
BLOCK_TENSORS = [
    ("attention_norm", "attn_norm", "input_layernorm"),
    ("attention.q", "attn_q", "self_attn.q_proj"),
    ("attention.k", "attn_k", "self_attn.k_proj"),
    ("attention.v", "attn_v", "self_attn.v_proj"),
    ("attention.o", "attn_output", "self_attn.o_proj"),
    ("ffn_norm", "ffn_norm", "post_attention_layernorm"),
    ("ffn.gate", "ffn_gate", "mlp.gate_proj"),
    ("ffn.up", "ffn_up", "mlp.up_proj"),
    ("ffn.down", "ffn_down", "mlp.down_proj"),
]


def tensor_names(layers):
    """(our name, GGUF's, Hugging Face's) of every tensor; the tied head has none of its own."""
    names = [("embedding.weight", "token_embd.weight", "model.embed_tokens.weight")]
    for n in range(layers):
        names += [(f"blocks.{n}.{ours}.weight", f"blk.{n}.{theirs}.weight", f"model.layers.{n}.{hf}.weight")
                  for ours, theirs, hf in BLOCK_TENSORS]
    return names + [("norm.weight", "output_norm.weight", "model.norm.weight")]


def write_gguf(path, model, tokenizer, name, description):
    shape, state = model.shape, model.state_dict()
    metadata = {
        "general.architecture": "llama",
        "general.name": name,
        "general.description": description,
        "general.license": LICENSE,
        "general.languages": ["en"],
        "general.file_type": 7,  # mostly Q8_0
        "general.sampling.temp": TEMPERATURE,
        "general.sampling.top_p": TOP_P,
        "general.quantization_version": 2,
        "llama.vocab_size": shape.vocab,
        "llama.context_length": shape.context,
        "llama.embedding_length": shape.dim,
        "llama.block_count": shape.layers,
        "llama.feed_forward_length": shape.ffn,
        "llama.attention.head_count": shape.heads,
        "llama.attention.head_count_kv": shape.kv_heads,
        "llama.attention.key_length": shape.head_dim,
        "llama.attention.value_length": shape.head_dim,
        "llama.attention.layer_norm_rms_epsilon": shape.norm_epsilon,
        "llama.rope.dimension_count": shape.head_dim,
        "llama.rope.freq_base": shape.rope_theta,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokenizer.printable_pieces(),
        "tokenizer.ggml.token_type": [1] * tokenizer.end_of_text + [3],  # 1 normal, 3 control
        "tokenizer.ggml.merges": tokenizer.printable_merges(),
        "tokenizer.ggml.bos_token_id": tokenizer.end_of_text,
        "tokenizer.ggml.eos_token_id": tokenizer.end_of_text,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }
    tensors = {theirs: state[ours].cpu().numpy() for ours, theirs, _ in tensor_names(shape.layers)}
    gguf.write(path, metadata, tensors)


def read_gguf(path):
    """The model of a GGUF file, with the values that its 8-bit blocks stand for."""
    metadata, tensors = gguf.read(path)
    get = lambda key: metadata["llama." + key]
    shape = ModelShape(
        vocab=get("vocab_size"), dim=get("embedding_length"), layers=get("block_count"),
        heads=get("attention.head_count"), kv_heads=get("attention.head_count_kv"),
        ffn=get("feed_forward_length"), context=get("context_length"), head_dim=get("attention.key_length"))
    model = Llama(shape)
    names = tensor_names(shape.layers)
    model.load_state_dict({ours: torch.tensor(tensors[theirs]) for ours, theirs, _ in names})
    return model.eval().requires_grad_(False)


def half_rotated(weight, head_dim):
    """Query or key rows in the order of the Hugging Face form: first all even rotary rows of a head, then the odd."""
    heads = weight.view(-1, head_dim // 2, 2, weight.shape[1])
    return heads.transpose(1, 2).reshape(weight.shape)


def write_hugging_face(folder, model, tokenizer):
    """Writes the model in 32-bit floats; of a model read from a GGUF file these are the same values as there."""
    os.makedirs(folder, exist_ok=True)
    shape, state = model.shape, model.state_dict()
    tensors = {}
    for ours, _, theirs in tensor_names(shape.layers):
        weight = state[ours].cpu()
        turned = ".q_proj." in theirs or ".k_proj." in theirs
        tensors[theirs] = half_rotated(weight, shape.head_dim) if turned else weight
    write_safetensors(os.path.join(folder, "model.safetensors"), tensors)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": shape.vocab,
        "hidden_size": shape.dim, "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "head_dim": shape.head_dim, "intermediate_size": shape.ffn,
        "max_position_embeddings": shape.context, "rms_norm_eps": shape.norm_epsilon,
        "rope_theta": shape.rope_theta, "hidden_act": "silu", "tie_word_embeddings": True,
        "attention_bias": False, "mlp_bias": False, "torch_dtype": "float32",
        "bos_token_id": tokenizer.end_of_text, "eos_token_id": tokenizer.end_of_text,
    }
    token_config = {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": shape.context,
        "bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT, "add_prefix_space": False,
        "clean_up_tokenization_spaces": False, "chat_template": CHAT_TEMPLATE,
    }
    generation = {"do_sample": True, "temperature": TEMPERATURE, "top_p": TOP_P}
    files = {"config.json": config, "tokenizer_config.json": token_config, "generation_config.json": generation}
    for name, content in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
    tokenizer.save(os.path.join(folder, "tokenizer.json"))


def write_safetensors(path, tensors):
    """Writes {name: tensor} as F32 (https://github.com/huggingface/safetensors)."""
    header, payload = {"__metadata__": {"format": "pt"}}, bytearray()
    for name, tensor in tensors.items():
        start = len(payload)
        payload += tensor.contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, len(payload)]}
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + payload)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", help="a file that the trainer made")
    parser.add_argument("result", help="a folder for the Hugging Face form, or a name that ends in .gguf")
    options = parser.parse_args()
    if options.result.endswith(".gguf"):
        metadata, tensors = gguf.read(options.gguf)
        gguf.write(options.result, {**metadata, "general.file_type": 0}, tensors, quantised=False)
        return
    tokenizer = Tokenizer.load(os.path.join(os.path.dirname(os.path.abspath(options.gguf)), "tokenizer.json"))
    write_hugging_face(options.result, read_gguf(options.gguf), tokenizer)


if __name__ == "__main__":
    main()
