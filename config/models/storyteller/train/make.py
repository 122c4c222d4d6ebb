"""Makes the storyteller pair from a text: tokenizer, target, draft, GGUF and Hugging Face forms, evaluation, plot.

    python3 make.py --corpus storybooks_cc0.tar.xz --work work

Every stage keeps its result in the work directory and is skipped when the result is there; a run that was
interrupted goes on from the last checkpoint when the same command is given again. Results: WORK/out.

    python3 make.py --corpus storybooks_cc0.tar.xz --work more --start-from storyteller-target-q8_0.gguf --seed 21

trains a target that is there further, with its tokenizer and a schedule of its own, and makes a draft for the result.
Another seed takes the windows in another order.
"""

import argparse
import ctypes
import json
import os
import shutil
from argparse import Namespace

# One thread a process (see parallel.py); read when the BLAS library is loaded, so before the imports below.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402

from corpus import prepare  # noqa: E402
from distill import compress, distillation_loss, target_samples  # noqa: E402
from evaluate import evaluate  # noqa: E402
from export import read_gguf, write_gguf, write_hugging_face  # noqa: E402
from model import Llama, ModelShape  # noqa: E402
from plot import plot_losses  # noqa: E402
from train import fit  # noqa: E402

TARGET = ModelShape(vocab=4096, dim=256, layers=4, heads=8, kv_heads=4, ffn=704)
DRAFT = ModelShape(vocab=4096, dim=64, layers=2, heads=2, kv_heads=1, ffn=256)
OWN_TEXT_TURNS = 8  # how often the draft sees the target's own text beside corpus text
CORPUS_SHARE = 4  # corpus tokens for each of these
ABOUT = "Tells stories in the manner of old English books. Trained from scratch on CC0 text."


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, help="an archive with *.train.txt and *.valid.txt, or a text")
    parser.add_argument("--work", required=True, help="directory for checkpoints and results")
    parser.add_argument("--start-from", help="a target that this trainer made, tokenizer.json beside it: train it further")
    parser.add_argument("--start-draft-from", help="likewise a draft")
    parser.add_argument("--minutes", type=float, default=70, help="time to train the target")
    parser.add_argument("--draft-minutes", type=float, default=16, help="time to train the draft")
    parser.add_argument("--sample-tokens", type=int, default=262144, help="tokens of target text to train the draft on")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--window", type=int, default=256, help="tokens of a training window; the last 12 %% have 1024")
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--micro-tokens", type=int, default=1024, help="tokens that a process handles at once")
    parser.add_argument("--matrix-rate", type=float, default=0.025, help="peak learning rate of Muon")
    parser.add_argument("--other-rate", type=float, default=0.004, help="peak learning rate of Adam")
    parser.add_argument("--products", choices=("f32", "bf16"), default="bf16" if multiplies_bf16() else "f32",
                        help="element type of the matrix products of training; bf16 where the processor has them")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


def multiplies_bf16():
    """Whether products of bfloat16 are instructions of the GPU or, as far as Linux tells, of the processor."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return "avx512_bf16" in file.read()
    except OSError:
        return False


def keep_memory():
    """Lets the C library reuse large blocks: giving them back and faulting them in again costs a tenth of the time."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD, at its maximum
        library.mallopt(-1, 2000 << 20)  # M_TRIM_THRESHOLD


def keep_tokenizer(model_path, work):
    """Puts the tokenizer beside a model where `prepare` looks for one, unless there is one."""
    wanted = os.path.join(work, "tokenizer.json")
    if not os.path.exists(wanted):
        shutil.copy(os.path.join(os.path.dirname(model_path), "tokenizer.json"), wanted)


def start(model, path):
    """Gives a model the weights of a file that the trainer made."""
    trained = read_gguf(path)
    if trained.shape != model.shape:
        raise ValueError(f"{path} has {trained.shape}, expected {model.shape}; train from scratch without this file")
    model.load_state_dict(trained.state_dict())


def train_target(options, tokens, valid):
    torch.manual_seed(options.seed)
    target = Llama(TARGET).to(options.device)
    target.half_products = options.products == "bf16"
    if options.start_from:
        start(target, options.start_from)
    print(f"target: {target.parameter_count()} parameters", flush=True)
    state = fit(target, tokens, valid, options, "target")
    return target.eval().requires_grad_(False), state


def train_draft(options, target, tokens, valid):
    samples_path = os.path.join(options.work, "samples.npy")
    if not os.path.exists(samples_path):
        count = options.sample_tokens // options.window
        print(f"draft: the target writes {count} texts", flush=True)
        np.save(samples_path, target_samples(target, tokens, count, options.window, options.seed))
    own_text = np.load(samples_path)
    torch.manual_seed(options.seed)
    draft = Llama(DRAFT).to(options.device)
    draft.half_products = options.products == "bf16"
    if options.start_draft_from:
        start(draft, options.start_draft_from)
    else:
        share = compress(draft, target)
        print(f"draft: its embedding keeps {share:.2f} of the target's", flush=True)
    print(f"draft: {draft.parameter_count()} parameters", flush=True)
    own_text = np.tile(own_text, OWN_TEXT_TURNS)
    mixed = np.concatenate([own_text, tokens[: CORPUS_SHARE * len(own_text)]])
    changed = {"minutes": options.draft_minutes, "batch_tokens": options.batch_tokens // 2}
    state = fit(draft, mixed, valid, Namespace(**{**vars(options), **changed}), "draft", distillation_loss(target))
    return draft.eval(), state


def main():
    options = arguments()
    if options.device == "cpu":
        torch.set_num_threads(1)
        keep_memory()
    else:
        options.processes = 1
    out = os.path.join(options.work, "out")
    os.makedirs(out, exist_ok=True)
    if options.start_from:
        keep_tokenizer(options.start_from, options.work)
    tokenizer, tokens, valid, valid_bytes = prepare(options.corpus, options.work, TARGET.vocab)
    tokenizer.save(os.path.join(out, "tokenizer.json"))
    target, target_state = train_target(options, tokens, valid)
    draft, draft_state = train_draft(options, target, tokens, valid)

    shipped = {}
    for role, model in (("target", target), ("draft", draft)):
        path = os.path.join(out, f"storyteller-{role}-q8_0.gguf")
        write_gguf(path, model.cpu(), tokenizer, f"storyteller {role}", ABOUT)
        shipped[role] = read_gguf(path)
        write_hugging_face(os.path.join(out, f"storyteller-{role}-hf"), shipped[role], tokenizer)
    logs = {role: os.path.join(options.work, f"{role}.log.jsonl") for role in shipped}
    plot_losses({"target": (logs["target"], "next token, training"),
                 "draft": (logs["draft"], "KL(target || draft), training")}, os.path.join(out, "loss.png"))
    result = evaluate(shipped["target"], shipped["draft"], tokenizer, valid, valid_bytes, options.seed)
    result["training"] = {"options": vars(options), "target": target_state, "draft": draft_state}
    with open(os.path.join(out, "evaluation.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    print(json.dumps({**result, "samples": "see evaluation.json"}, indent=1))


if __name__ == "__main__":
    main()
