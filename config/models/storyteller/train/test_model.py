"""Tests of the model, its training and its files: python3 -m unittest, in this directory."""

import argparse
import itertools
import json
import math
import os
import struct
import tempfile
import unittest

import numpy as np
import torch
from torch.nn import functional as F

import gguf
from bpe import Tokenizer
from distill import DistillationLoss, compress, distillation_loss, target_samples
from evaluate import acceptance, speculate
from export import read_gguf, write_gguf, write_hugging_face
from make import start
from model import Llama, ModelShape, next_token_loss
from optimiser import MuonAdam, orthogonalise
from parallel import Workers
from train import Clock, Windows, fit

SHAPE = ModelShape(vocab=320, dim=64, layers=2, heads=4, kv_heads=2, ffn=96, context=96, head_dim=32)
TOKENIZER = Tokenizer.train([" ".join(str(n * n * 7919) for n in range(500))], SHAPE.vocab)


def random_model(seed=1, shape=SHAPE):
    torch.manual_seed(seed)
    model = Llama(shape)
    for weight in model.parameters():
        weight.data.add_(torch.randn_like(weight) * 0.1)
    return model.eval().requires_grad_(False)


def safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header, payload = json.loads(file.read(size)), file.read()
    return {name: np.frombuffer(payload[slice(*info["data_offsets"])], "<f4").reshape(info["shape"])
            for name, info in header.items() if name != "__metadata__"}


def hugging_face_logits(folder, ids):
    """A second, plain implementation that follows the Hugging Face conventions, in numpy."""
    weights = safetensors(os.path.join(folder, "model.safetensors"))
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    size, heads, kv_heads = config["head_dim"], config["num_attention_heads"], config["num_key_value_heads"]
    norm = lambda x, w: x / np.sqrt((x * x).mean(-1, keepdims=True) + config["rms_norm_eps"]) * w
    angles = np.arange(len(ids))[:, None] / config["rope_theta"] ** (np.arange(0, size, 2) / size)
    cos, sin = np.cos(np.hstack([angles, angles])), np.sin(np.hstack([angles, angles]))
    turn = lambda x: x * cos + np.hstack([-x[:, size // 2 :], x[:, : size // 2]]) * sin
    x = weights["model.embed_tokens.weight"][ids]
    for n in range(config["num_hidden_layers"]):
        get = lambda name: weights[f"model.layers.{n}.{name}.weight"]
        h, outs = norm(x, get("input_layernorm")), []
        for head in range(heads):
            rows = slice(head * size, (head + 1) * size)
            kv = head // (heads // kv_heads)
            kv_rows = slice(kv * size, (kv + 1) * size)
            q, k = turn(h @ get("self_attn.q_proj")[rows].T), turn(h @ get("self_attn.k_proj")[kv_rows].T)
            scores = np.where(np.tri(len(ids), dtype=bool), q @ k.T / math.sqrt(size), -np.inf)
            shares = np.exp(scores - scores.max(1, keepdims=True))
            outs.append(shares / shares.sum(1, keepdims=True) @ (h @ get("self_attn.v_proj")[kv_rows].T))
        x = x + np.hstack(outs) @ get("self_attn.o_proj").T
        h = norm(x, get("post_attention_layernorm"))
        gate = h @ get("mlp.gate_proj").T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ get("mlp.up_proj").T)) @ get("mlp.down_proj").T
    return norm(x, weights["model.norm.weight"]) @ weights["model.embed_tokens.weight"].T


class FilesTest(unittest.TestCase):
    def test_quantised_values_are_within_half_a_step(self):
        values = np.random.default_rng(1).normal(size=(8, 64)).astype(np.float32)
        values[0] = 0
        back = gguf.dequantise(gguf.quantise(values), values.shape)
        step = np.abs(values.reshape(-1, 32)).max(1).repeat(32).reshape(values.shape) / 127
        self.assertTrue((np.abs(back - values) <= step * 0.6 + 1e-9).all())

    def test_metadata_comes_back(self):
        metadata = {"a": 7, "b": 0.5, "c": True, "d": "\u00e9", "e": ["x", ""], "f": [1, 3]}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.gguf")
            gguf.write(path, metadata, {"t": np.arange(3, dtype=np.float32)})
            back, tensors = gguf.read(path)
        self.assertEqual(back, metadata)
        self.assertEqual(tensors["t"].tolist(), [0, 1, 2])

    def test_gguf_and_hugging_face_forms_compute_the_same(self):
        ids = np.random.default_rng(2).integers(0, SHAPE.vocab, 40)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.gguf")
            write_gguf(path, random_model(), TOKENIZER, "test", "test")
            model = read_gguf(path)
            write_hugging_face(folder, model, TOKENIZER)
            expected = hugging_face_logits(folder, ids)
        actual = model(torch.from_numpy(ids)[None])[0].numpy()
        self.assertLess(np.abs(actual - expected).max(), 1e-3 * np.abs(expected).max())

    def test_a_model_starts_from_a_file_of_its_own_shape_alone(self):
        trained = random_model()
        other = Llama(ModelShape(vocab=SHAPE.vocab, dim=32, layers=1, heads=1, kv_heads=1, ffn=32, context=96))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.gguf")
            write_gguf(path, trained, TOKENIZER, "test", "test")
            started = Llama(SHAPE)
            start(started, path)
            self.assertRaises(ValueError, start, other, path)
            expected = read_gguf(path).state_dict()
        self.assertTrue(all(torch.equal(weight, expected[name]) for name, weight in started.state_dict().items()))


class ModelTest(unittest.TestCase):
    def test_cached_rows_equal_a_whole_pass(self):
        model, ids = random_model(), torch.randint(0, SHAPE.vocab, (2, 30))
        cache = model.new_cache()
        parts = [model(ids[:, a:b], cache) for a, b in ((0, 11), (11, 12), (12, 30))]
        self.assertTrue(torch.allclose(torch.cat(parts, 1), model(ids), atol=1e-4))

    def test_chunked_loss_has_the_gradients_of_cross_entropy(self):
        ids = torch.randint(0, SHAPE.vocab, (9, 81))
        grads = []
        plain = lambda m, t: F.cross_entropy(m(t[:, :-1]).flatten(0, 1), t[:, 1:].flatten())
        for loss_of in (next_token_loss, plain):
            model = random_model().requires_grad_(True)
            loss_of(model, ids).backward()
            grads.append(torch.cat([w.grad.flatten() for w in model.parameters()]))
        self.assertTrue(torch.allclose(*grads, atol=1e-6))

    def test_products_of_16_bits_have_nearly_the_same_gradients(self):
        ids = torch.randint(0, SHAPE.vocab, (9, 81))
        losses, grads = [], []
        for half in (False, True):
            model = random_model().requires_grad_(True)
            model.half_products = half
            loss = next_token_loss(model, ids)
            loss.backward()
            losses.append(loss.item())
            grads.append(torch.cat([w.grad.flatten() for w in model.parameters()]))
        self.assertAlmostEqual(*losses, places=2)
        error = ((grads[0] - grads[1]).norm() / grads[0].norm()).item()
        self.assertTrue(0 < error < 0.1, error)

    def test_distillation_has_the_gradients_of_the_divergence(self):
        torch.manual_seed(3)
        hidden, embedding = torch.randn(300, 8, requires_grad=True), torch.randn(40, 8, requires_grad=True)
        target_hidden, target_embedding = torch.randn(300, 16), torch.randn(40, 16)
        wanted = F.softmax(target_hidden @ target_embedding.t(), 1)
        expected = F.kl_div(F.log_softmax(hidden @ embedding.t(), 1), wanted, reduction="batchmean")
        actual = DistillationLoss.apply(hidden, embedding, target_hidden, target_embedding)
        self.assertAlmostEqual(actual.item(), expected.item(), places=4)
        for a, b in zip(torch.autograd.grad(actual, (hidden, embedding)),
                        torch.autograd.grad(expected, (hidden, embedding))):
            self.assertTrue(torch.allclose(a, b, atol=1e-6))

    def test_orthogonalised_matrix_has_singular_values_near_one(self):
        sizes = torch.linalg.svdvals(orthogonalise(torch.randn(96, 32)))
        self.assertTrue(0.5 < sizes.min() and sizes.max() < 1.5, sizes)

    def test_two_processes_make_the_step_that_one_makes(self):
        batches = torch.randint(0, SHAPE.vocab, (6, 17)).split(2)
        results = []
        for count in (1, 2):
            model = random_model().requires_grad_(True)
            workers = Workers(model, MuonAdam(model), next_token_loss, count)
            losses = [workers.step(batches, 1.0) for _ in range(2)]
            workers.close()
            results.append(torch.cat([torch.tensor(losses), *(w.detach().flatten() for w in model.parameters())]))
        self.assertTrue(torch.allclose(*results, atol=1e-4), (results[0] - results[1]).abs().max())


class TrainingTest(unittest.TestCase):
    def test_a_pause_neither_skips_the_schedule_nor_misses_the_deadline(self):
        times = iter([0.0, *range(1, 11), 40.0, *range(41, 61)])
        clock = Clock(1.0, now=lambda: next(times))
        seen = [clock.tick() for _ in range(31)]
        self.assertAlmostEqual(seen[9], 1 / 6)
        self.assertLess(seen[10] - seen[9], 0.1)
        self.assertEqual(seen[-1], 1.0)

    def test_windows_repeat_and_cover_an_epoch_once(self):
        tokens = np.arange(101, dtype=np.uint16)
        taken = Windows(tokens, 5).take(0, 10, 10)
        self.assertEqual(sorted(taken[:, 0].tolist()), list(range(0, 100, 10)))
        self.assertEqual(Windows(tokens, 5).take(7, 1, 10).tolist(), taken[7:8].tolist())

    def test_training_resumes_and_lowers_the_loss(self):
        tokens = np.tile(np.arange(50, dtype=np.uint16), 40)
        with tempfile.TemporaryDirectory() as work:
            options = argparse.Namespace(
                minutes=0.5, work=work, seed=1, window=16, batch_tokens=128, micro_tokens=64, processes=1,
                matrix_rate=0.02, other_rate=0.004)
            torch.manual_seed(1)
            state = fit(Llama(SHAPE), tokens, tokens[:300], options, "tiny", now=itertools.count().__next__)
            again = fit(Llama(SHAPE), tokens, tokens[:300], options, "tiny")
            with open(os.path.join(work, "tiny.log.jsonl"), encoding="utf-8") as file:
                last = json.loads(file.readlines()[-1])
        self.assertEqual(again, state)
        self.assertLess(last["valid"], 2.0)


class EvaluationTest(unittest.TestCase):
    def test_counts_accepted_and_emitted_tokens(self):
        matches = np.array([[True, True, False, True, False, False]])
        rate, length = speculate(matches, [6], 2)  # verifies: 2 kept + 1, 1 kept + 1, 0 kept + 1
        self.assertEqual((rate, length), (3 / 5, 6 / 3))

    def test_a_model_accepts_its_own_drafts(self):
        model, prompts = random_model(), torch.randint(0, SHAPE.vocab - 1, (3, 8))
        for temperature in (0, 0.8):
            by_length, agreement = self._acceptance(model, prompts, temperature)
            self.assertEqual(agreement, 1.0)
            self.assertEqual(by_length[2][0], 1.0)

    def test_the_target_writes_text_that_teaches_the_draft(self):
        target = random_model()
        small = ModelShape(vocab=SHAPE.vocab, dim=32, layers=1, heads=1, kv_heads=1, ffn=32, context=96)
        draft = Llama(small)
        compress(draft, target)
        tokens = np.random.default_rng(1).integers(0, SHAPE.vocab, 2000).astype(np.uint16)
        own_text = target_samples(target, tokens, 40, 80, 1)
        self.assertEqual(len(own_text), 40 * 80)
        loss = distillation_loss(target)(draft, torch.from_numpy(own_text[:162].astype(np.int64)).view(2, 81))
        loss.backward()
        self.assertGreater(draft.embedding.weight.grad.abs().max(), 0)

    def _acceptance(self, model, prompts, temperature):
        import evaluate as module
        saved, module.OUTPUT_TOKENS = module.OUTPUT_TOKENS, 20
        try:
            return acceptance(model, model, prompts, temperature, 1, SHAPE.vocab - 1)
        finally:
            module.OUTPUT_TOKENS = saved
