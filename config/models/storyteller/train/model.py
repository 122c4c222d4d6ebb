"""A Llama: RMSNorm, rotary positions, grouped-query attention, SiLU-gated FFN, tied head.

Rotary pairs are neighbours (2i, 2i+1), as GGUF files of architecture `llama` have them; the Hugging Face form
pairs i with i + head_dim/2, so `export.py` reorders the query and key rows for it.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class ModelShape:
    """All sizes of a model; every matrix dimension must be a multiple of 32, the block of Q8_0."""

    vocab: int
    dim: int
    layers: int
    heads: int
    kv_heads: int
    ffn: int
    context: int = 1024
    head_dim: int = 32
    norm_epsilon: float = 1e-5
    rope_theta: float = 10000.0

    def __post_init__(self):
        for name in ("vocab", "dim", "ffn", "head_dim"):
            if getattr(self, name) % 32:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a multiple of 32 for Q8_0")
        if self.heads % self.kv_heads:
            raise ValueError(f"heads ({self.heads}) must be a multiple of kv_heads ({self.kv_heads})")


class RmsNorm(nn.Module):
    def __init__(self, dim, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.epsilon = epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.epsilon) * self.weight


class Attention(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.q = nn.Linear(shape.dim, shape.heads * shape.head_dim, bias=False)
        self.k = nn.Linear(shape.dim, shape.kv_heads * shape.head_dim, bias=False)
        self.v = nn.Linear(shape.dim, shape.kv_heads * shape.head_dim, bias=False)
        self.o = nn.Linear(shape.heads * shape.head_dim, shape.dim, bias=False)

    def forward(self, x, rotation, mask, past):
        batch, rows, _ = x.shape
        s = self.shape
        q = rotate(self.q(x).view(batch, rows, s.heads, s.head_dim), rotation)
        k = rotate(self.k(x).view(batch, rows, s.kv_heads, s.head_dim), rotation).transpose(1, 2)
        v = self.v(x).view(batch, rows, s.kv_heads, s.head_dim).transpose(1, 2)
        if past is not None:
            k, v = past.append(k, v)
        # The heads that share a key head are rows of one product: [batch, kv_heads, group * rows, head_dim].
        group = s.heads // s.kv_heads
        q = q.view(batch, rows, s.kv_heads, group, s.head_dim).permute(0, 2, 3, 1, 4)
        q = q.reshape(batch, s.kv_heads, group * rows, s.head_dim)
        scores = (q @ k.transpose(2, 3)).view(batch, s.kv_heads, group, rows, -1)
        scores = torch.softmax(scores * (1 / math.sqrt(s.head_dim)) + mask, dim=-1)
        mixed = scores.view(batch, s.kv_heads, group * rows, -1) @ v
        mixed = mixed.view(batch, s.kv_heads, group, rows, s.head_dim).permute(0, 3, 1, 2, 4)
        return self.o(mixed.reshape(batch, rows, s.heads * s.head_dim))


class FeedForward(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.gate = nn.Linear(shape.dim, shape.ffn, bias=False)
        self.up = nn.Linear(shape.dim, shape.ffn, bias=False)
        self.down = nn.Linear(shape.ffn, shape.dim, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.attention_norm = RmsNorm(shape.dim, shape.norm_epsilon)
        self.attention = Attention(shape)
        self.ffn_norm = RmsNorm(shape.dim, shape.norm_epsilon)
        self.ffn = FeedForward(shape)

    def forward(self, x, rotation, mask, past):
        x = x + self.attention(self.attention_norm(x), rotation, mask, past)
        return x + self.ffn(self.ffn_norm(x))


class KvCache:
    """Keys and values of one layer, for generation: rows are appended, and dropped by `truncate`."""

    def __init__(self):
        self.k = self.v = None

    def append(self, k, v):
        self.k = k if self.k is None else torch.cat([self.k, k], dim=2)
        self.v = v if self.v is None else torch.cat([self.v, v], dim=2)
        return self.k, self.v

    def truncate(self, length):
        self.k, self.v = self.k[:, :, :length], self.v[:, :, :length]


class Llama(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.half_products = False  # matrix products of 16 bits (bfloat16) where gradients are wanted
        self.embedding = nn.Embedding(shape.vocab, shape.dim)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RmsNorm(shape.dim, shape.norm_epsilon)
        self.register_buffer("rotation", rotations(shape), persistent=False)
        self._initialise()

    def _initialise(self):
        for name, weight in self.named_parameters():
            if name.endswith((".o.weight", ".down.weight")):
                nn.init.zeros_(weight)
            elif weight.dim() == 2:
                std = 0.02 if name.startswith("embedding") else 0.6 / math.sqrt(weight.shape[1])
                nn.init.normal_(weight, std=std)

    def hidden(self, ids, past=None):
        """The normed last hidden state of ids [batch, rows], which follow what `past` holds. [batch, rows, dim]"""
        rows = ids.shape[1]
        start = 0 if past is None or past[0].k is None else past[0].k.shape[2]
        if start + rows > self.shape.context:
            raise ValueError(f"{start + rows} positions exceed the context of {self.shape.context}")
        rotation = self.rotation[start : start + rows]
        mask = torch.full((rows, start + rows), float("-inf"), device=ids.device).triu(start + 1)
        x = self.embedding(ids)
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.half_products and torch.is_grad_enabled()):
            for index, block in enumerate(self.blocks):
                x = block(x, rotation, mask, None if past is None else past[index])
        return self.norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.embedding.weight)

    def forward(self, ids, past=None):
        return self.logits(self.hidden(ids, past))

    def new_cache(self):
        return [KvCache() for _ in self.blocks]

    def parameter_count(self):
        return sum(weight.numel() for weight in self.parameters())


def rotations(shape):
    """exp(i * position * theta^(-2j / head_dim)) as complex numbers. [context, 1, head_dim / 2]"""
    frequencies = shape.rope_theta ** (-torch.arange(0, shape.head_dim, 2).double() / shape.head_dim)
    angles = torch.arange(shape.context).double()[:, None] * frequencies
    return torch.polar(torch.ones_like(angles), angles).to(torch.complex64)[:, None, :]


def rotate(x, rotation):
    """Turns each neighbouring pair of x [batch, rows, heads, head_dim] by its position's angle."""
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * rotation).flatten(3)


class TiedHeadLoss(torch.autograd.Function):
    """Mean cross entropy of the tied head, chunk by chunk, so that no [rows, vocab] array is ever whole.

    `kind` is the element type of its matrix products; everything between them has 32 bits.
    """

    CHUNK = 512

    @staticmethod
    def forward(context, hidden, embedding, targets, kind):
        total, hidden_grads, embedding_grad = 0.0, [], torch.zeros_like(embedding)
        factor = embedding.to(kind)
        for rows, wanted in zip(hidden.to(kind).split(TiedHeadLoss.CHUNK), targets.split(TiedHeadLoss.CHUNK)):
            logits = (rows @ factor.t()).float()
            top = logits.amax(1, keepdim=True)
            picked = logits.gather(1, wanted[:, None]) - top
            weights = logits.sub_(top).exp_()
            sums = weights.sum(1, keepdim=True)
            total += (sums.log() - picked).sum().item()
            if not context.needs_input_grad[0]:
                continue
            slopes = weights.div_(sums * len(targets))
            slopes[torch.arange(len(rows), device=rows.device), wanted] -= 1 / len(targets)
            slopes = slopes.to(kind)
            hidden_grads.append((slopes @ factor).float())
            embedding_grad.add_(slopes.t() @ rows)
        if hidden_grads:
            context.save_for_backward(torch.cat(hidden_grads), embedding_grad)
        return hidden.new_tensor(total / len(targets))

    @staticmethod
    def backward(context, slope):
        hidden_grad, embedding_grad = context.saved_tensors
        return hidden_grad * slope, embedding_grad * slope, None, None


def next_token_loss(model, ids):
    """Mean loss in nats of predicting ids [batch, rows + 1] from their prefixes."""
    hidden = model.hidden(ids[:, :-1]).flatten(0, 1)
    kind = torch.bfloat16 if model.half_products and torch.is_grad_enabled() else torch.float32
    return TiedHeadLoss.apply(hidden, model.embedding.weight, ids[:, 1:].reshape(-1), kind)
