"""Trains the draft to predict what the target predicts: on corpus text and on text that the target wrote itself."""

import torch
from torch.nn import functional as F

from generate import continue_greedily, continue_sampled
from train import Windows


def compress(draft, target):
    """Starts the draft's tied embedding from the target's: its projection on the strongest singular directions."""
    embedding = target.embedding.weight.detach()
    _, sizes, directions = torch.linalg.svd(embedding, full_matrices=False)
    kept = draft.shape.dim
    share = float(sizes[:kept].square().sum() / sizes.square().sum())
    with torch.no_grad():
        draft.embedding.weight.copy_(embedding @ directions[:kept].t())
    return share


def target_samples(target, tokens, count, length, seed):
    """Text that the target writes after openings from the corpus, as one token array. [count * length]

    Every other batch is greedy, the others are sampled at temperature 0.8; openings are 16 to 64 tokens.
    """
    windows, parts, size = Windows(tokens, seed), [], 32
    generator = torch.Generator().manual_seed(seed)
    for batch in range(0, count, size):
        number = batch // size
        opening = windows.take(batch, min(size, count - batch), length)[:, : 16 + 16 * (number // 2 % 4)]
        opening = opening.to(target.embedding.weight.device)
        steps = length - opening.shape[1]
        if number % 2 == 0:
            parts.append(continue_greedily(target, opening, steps))
        else:
            parts.append(continue_sampled(target, opening, steps, 0.8, generator))
    return torch.cat(parts).cpu().flatten().to(torch.int32).numpy().astype("uint16")


class DistillationLoss(torch.autograd.Function):
    """Mean cross entropy of the draft's tied head against the target's distribution, chunk by chunk.

    Its gradient is that of KL(target || draft). The loss it reports is the KL divergence itself, in nats.
    """

    CHUNK = 256

    @staticmethod
    def forward(context, hidden, embedding, target_hidden, target_embedding):
        total, hidden_grads, embedding_grad = 0.0, [], torch.zeros_like(embedding)
        for rows, wanted_rows in zip(hidden.split(DistillationLoss.CHUNK), target_hidden.split(DistillationLoss.CHUNK)):
            wanted = F.log_softmax(wanted_rows @ target_embedding.t(), dim=1)
            predicted = F.log_softmax(rows @ embedding.t(), dim=1)
            wanted_share = wanted.exp()
            total += (wanted_share * wanted.sub_(predicted)).sum().item()
            slopes = predicted.exp_().sub_(wanted_share).div_(len(hidden))
            hidden_grads.append(slopes @ embedding)
            embedding_grad.addmm_(slopes.t(), rows)
        context.save_for_backward(torch.cat(hidden_grads), embedding_grad)
        return hidden.new_tensor(total / len(hidden))

    @staticmethod
    def backward(context, slope):
        hidden_grad, embedding_grad = context.saved_tensors
        return hidden_grad * slope, embedding_grad * slope, None, None


def distillation_loss(target):
    """The loss function for `train.fit` that compares a draft with this target."""

    def loss_of(draft, ids):
        with torch.no_grad():
            target_hidden = target.hidden(ids[:, :-1]).flatten(0, 1)
        hidden = draft.hidden(ids[:, :-1]).flatten(0, 1)
        return DistillationLoss.apply(hidden, draft.embedding.weight, target_hidden, target.embedding.weight.detach())

    return loss_of
