"""Muon for the matrices inside the blocks, Adam for the embedding and the norms."""

import math

import torch


class MuonAdam:
    """One optimiser with two rules.

    Muon (Keller Jordan, 2024): the momentum of a matrix is replaced by its nearest semi-orthogonal matrix, found
    by five Newton-Schulz steps, so that every direction learns at the same speed. It needs fewer tokens than Adam,
    which is what counts when the time for training is short.
    """

    def __init__(self, model, matrix_rate=0.02, other_rate=0.004, momentum=0.95, betas=(0.9, 0.97)):
        self.matrices = [w for n, w in model.named_parameters() if w.dim() == 2 and "embedding" not in n]
        chosen = {id(weight) for weight in self.matrices}
        others = [weight for weight in model.parameters() if id(weight) not in chosen]
        self.matrix_rate, self.momentum = matrix_rate, momentum
        self.buffers = [torch.zeros_like(weight) for weight in self.matrices]
        self.adam = torch.optim.Adam(others, lr=other_rate, betas=betas, eps=1e-10)
        self.other_rate = other_rate

    @torch.no_grad()
    def step(self, scale, place=0, processes=1):
        """Updates the weights from their gradients at `scale` times the peak rates.

        Of several processes with shared weights each updates its matrices; the first also does what Adam does.
        """
        for weight, buffer in list(zip(self.matrices, self.buffers))[place::processes]:
            buffer.lerp_(weight.grad, 1 - self.momentum)
            update = orthogonalise(weight.grad.lerp(buffer, self.momentum))
            gain = math.sqrt(max(1.0, weight.shape[0] / weight.shape[1]))
            weight.add_(update, alpha=-self.matrix_rate * scale * gain)
        if place == 0:
            for group in self.adam.param_groups:
                group["lr"] = self.other_rate * scale
            self.adam.step()

    def state_dict(self):
        return {"buffers": self.buffers, "adam": self.adam.state_dict()}

    def load_state_dict(self, state):
        for buffer, saved in zip(self.buffers, state["buffers"]):
            buffer.copy_(saved)
        self.adam.load_state_dict(state["adam"])


def orthogonalise(matrix, steps=5):
    """Pushes all singular values of the matrix towards 1 by a quintic Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.t() if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.t()
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.t() if tall else x
