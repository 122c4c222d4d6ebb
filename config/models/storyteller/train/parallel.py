"""Training steps on several processor cores: one single-threaded process each, all arrays in shared memory.

On a small model this beats threads inside the matrix products: nothing waits for anything but twice in a step.
"""

import multiprocessing

import torch


class Workers:
    """Splits the micro-batches of a step, and then the weights to update, over this process and forked ones."""

    def __init__(self, model, optimiser, loss_of, count):
        self.model, self.optimiser, self.loss_of = model, optimiser, loss_of
        self.weights = list(model.parameters())
        for array in [weight.data for weight in self.weights] + optimiser.buffers:
            array.share_memory_()
        # What each process adds to the gradient. [process][weight]
        self.parts = [[torch.zeros_like(w).share_memory_() for w in self.weights] for _ in range(count)]
        self.links = []
        fork = multiprocessing.get_context("fork")
        for place in range(1, count):
            here, there = fork.Pipe()
            fork.Process(target=self._serve, args=(there, place), daemon=True).start()
            self.links.append(here)

    def _serve(self, link, place):
        while (message := link.recv()) is not None:
            work, *content = message
            link.send(self._differentiate(place, *content) if work == "gradients" else self._update(place, *content))

    def _differentiate(self, place, batches, pieces):
        for weight in self.weights:
            weight.grad = None
        total = 0.0
        for ids in batches:
            loss = self.loss_of(self.model, torch.as_tensor(ids, device=self.weights[0].device)) / pieces
            loss.backward()
            total += loss.item()
        for part, weight in zip(self.parts[place], self.weights):
            part.copy_(weight.grad) if batches else part.zero_()
        return total

    def _update(self, place, scale):
        for index, weight in enumerate(self.weights):
            weight.grad = sum(parts[index] for parts in self.parts)
        self.optimiser.step(scale, place, len(self.parts))

    def step(self, batches, scale):
        """Updates the weights by the gradient of the mean loss over the micro-batches; returns that loss."""
        shares = len(self.parts)
        for place, link in enumerate(self.links, start=1):
            link.send(("gradients", [ids.numpy() for ids in batches[place::shares]], len(batches)))
        total = self._differentiate(0, batches[::shares], len(batches))
        total += sum(link.recv() for link in self.links)
        for link in self.links:
            link.send(("update", scale))
        self._update(0, scale)
        for link in self.links:
            link.recv()
        return total

    def close(self):
        for link in self.links:
            link.send(None)
