"""Trains a model against the clock: the schedule follows the time left, so a run ends when it should on any machine."""

import json
import os
import statistics
import time
from collections import deque

import numpy as np
import torch

from model import next_token_loss
from optimiser import MuonAdam
from parallel import Workers

WARMUP = 0.02  # part of the run in which the learning rate rises
DECAY = 0.40  # point of the run from which it falls linearly to zero
LONG_CONTEXT = 0.88  # point of the run from which windows have the model's whole context
CHECKPOINT_SECONDS = 300
LOG_SECONDS = 20


class Clock:
    """Progress 0..1 of a run that must end at a deadline.

    A step that took long because the process was stopped counts as two ordinary steps: the schedule does not jump,
    and the rest of it passes faster, so that progress still reaches 1 at the deadline.
    """

    def __init__(self, minutes, progress=0.0, now=time.monotonic):
        self.now, self.progress = now, progress
        self.last = now()
        self.deadline = self.last + minutes * 60 * (1 - progress)
        self.recent = deque(maxlen=51)

    def tick(self):
        now = self.now()
        seconds, self.last = now - self.last, now
        counted = min(seconds, 2 * statistics.median(self.recent)) if self.recent else seconds
        self.recent.append(seconds)
        left = max(0.0, self.deadline - now)
        self.progress = min(1.0, self.progress + (1 - self.progress) * counted / (left + counted))
        if left == 0:
            self.progress = 1.0
        return self.progress


class Windows:
    """Shuffled windows of a token array; the same seed and position always give the same windows."""

    def __init__(self, tokens, seed):
        self.tokens, self.seed = tokens, seed
        self._order = {}

    def take(self, first, count, length):
        """Windows `first` .. `first + count` of `length` + 1 tokens each. [count, length + 1]"""
        per_epoch = (len(self.tokens) - 1) // length
        if per_epoch < 1:
            raise ValueError(f"the corpus has {len(self.tokens)} tokens, fewer than a window of {length}")
        rows = []
        for index in range(first, first + count):
            epoch, place = divmod(index, per_epoch)
            key = (epoch, length)
            if key not in self._order:
                order = np.random.default_rng([self.seed, epoch, length]).permutation(per_epoch)
                self._order = {key: order}
            start = int(self._order[key][place]) * length
            rows.append(self.tokens[start : start + length + 1].astype(np.int64))
        return torch.from_numpy(np.stack(rows))


def learning_rate_scale(progress):
    if progress < WARMUP:
        return (progress + 0.001) / (WARMUP + 0.001)
    return min(1.0, max(0.0, (1 - progress) / (1 - DECAY)))


def fit(model, tokens, valid, options, name, loss_of=next_token_loss, now=time.monotonic):
    """Trains until `options.minutes` are over, resuming from the checkpoint NAME.pt of the work directory if any.

    `loss_of(model, ids)` is the loss of a batch; the validation loss is always that of the next token.
    """
    optimiser = MuonAdam(model, options.matrix_rate, options.other_rate)
    checkpoint_path = os.path.join(options.work, f"{name}.pt")
    log_path = os.path.join(options.work, f"{name}.log.jsonl")
    state = resume(model, optimiser, checkpoint_path)
    if state["progress"] >= 1:
        return state
    windows = Windows(tokens, options.seed)
    workers = Workers(model, optimiser, loss_of, options.processes)
    clock = Clock(options.minutes, state["progress"], now)
    losses, last_log, last_save = [], clock.last, clock.last
    while state["progress"] < 1:
        length = options.window if state["progress"] < LONG_CONTEXT else model.shape.context
        micro_rows = max(1, options.micro_tokens // length)
        pieces = max(1, options.batch_tokens // (micro_rows * length))
        first = state["window"].get(length, 0)
        batches = windows.take(first, pieces * micro_rows, length).split(micro_rows)
        losses.append(workers.step(batches, learning_rate_scale(state["progress"])))
        state["window"][length] = first + pieces * micro_rows
        state["step"] += 1
        state["tokens"] += pieces * micro_rows * length
        before = clock.last
        state["progress"] = clock.tick()
        state["seconds"] += clock.last - before
        due = clock.last - last_save > CHECKPOINT_SECONDS or state["progress"] >= 1
        if due or clock.last - last_log > LOG_SECONDS:
            line = {"step": state["step"], "tokens": state["tokens"], "seconds": round(state["seconds"], 1),
                    "progress": round(state["progress"], 4), "window": length,
                    "loss": round(sum(losses) / len(losses), 4)}
            if due:
                line["valid"] = round(validation_loss(model, valid, options.window), 4)
            report(line, name, log_path)
            losses, last_log = [], clock.last
        if due:
            save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "state": state,
                  "shape": model.shape}, checkpoint_path)
            last_save = clock.last
    workers.close()
    return state


def resume(model, optimiser, path):
    """Restores model and optimiser from a checkpoint, if there is one, and returns where the run stands."""
    if not os.path.exists(path):
        return {"step": 0, "tokens": 0, "progress": 0.0, "window": {}, "seconds": 0.0}
    saved = torch.load(path, map_location="cpu")
    model.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    state = saved["state"]
    print(f"{path}: step {state['step']}, progress {state['progress']:.3f}", flush=True)
    return state


@torch.no_grad()
def validation_loss(model, tokens, length, most=32):
    """Mean next-token loss in nats over evenly spread windows."""
    device = next(model.parameters()).device
    count = min(most, (len(tokens) - 1) // length)
    starts = np.linspace(0, len(tokens) - length - 1, count).astype(int)
    rows = np.stack([tokens[s : s + length + 1] for s in starts]).astype(np.int64)
    parts = torch.from_numpy(rows).split(8)
    return sum(next_token_loss(model, part.to(device)).item() * len(part) for part in parts) / count


def report(line, name, path):
    print(name, " ".join(f"{key}={value}" for key, value in line.items()), flush=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def save(content, path):
    """Writes a checkpoint so that an interruption leaves the old or the new one, never half of one."""
    torch.save(content, path + ".new")
    os.replace(path + ".new", path)
