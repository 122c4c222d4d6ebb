"""Plain generation with a key/value cache, for samples and evaluation."""

import torch


@torch.no_grad()
def continue_greedily(model, ids, steps):
    """The ids [batch, rows] and the `steps` most probable tokens after them. [batch, rows + steps]"""
    return _continue(model, ids, steps, lambda logits, step: logits)


@torch.no_grad()
def continue_sampled(model, ids, steps, temperature, generator):
    """Like `continue_greedily`, but sampled: Gumbel noise is added to the scaled logits."""
    noise = lambda logits, step: logits / temperature + gumbel(logits.shape, generator).to(logits.device)
    return _continue(model, ids, steps, noise)


@torch.no_grad()
def continue_with_noise(model, ids, temperature, noise):
    """Sampled with given noise [batch, steps, vocab]: the coupled sampling of the runtime."""
    return _continue(model, ids, noise.shape[1], lambda logits, step: logits / temperature + noise[:, step])


def gumbel(shape, generator):
    uniform = torch.rand(shape, generator=generator).clamp_(1e-10, 1 - 1e-7)
    return -torch.log(-torch.log(uniform))


def _continue(model, ids, steps, score):
    cache, rows = model.new_cache(), [ids]
    for step in range(steps):
        logits = model.logits(model.hidden(rows[-1], cache)[:, -1])
        rows.append(score(logits, step).argmax(1, keepdim=True))
    return torch.cat(rows, dim=1)
