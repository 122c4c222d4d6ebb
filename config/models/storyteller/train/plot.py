"""The loss curves of a run as a PNG."""

import json

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402 (the backend is chosen first)


def plot_losses(curves, path):
    """Draws {title: (log file, label of the training loss)} side by side."""
    figure, axes = pyplot.subplots(1, len(curves), figsize=(5 * len(curves), 3.6), squeeze=False)
    for axis, (title, (log, label)) in zip(axes[0], curves.items()):
        with open(log, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        millions = [line["tokens"] / 1e6 for line in lines]
        axis.plot(millions, [line["loss"] for line in lines], linewidth=1, label=label)
        checked = [line for line in lines if "valid" in line]
        axis.plot([line["tokens"] / 1e6 for line in checked], [line["valid"] for line in checked],
                  "o-", markersize=3, label="next token, validation")
        axis.set(title=title, xlabel="million tokens", ylabel="nats per token")
        axis.grid(alpha=0.3)
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=80)
