"""Figures of maps against masks by scikit-learn and scipy: every distinct score is a threshold."""

import json
import sys

import numpy as np
from scipy import ndimage
from sklearn.metrics import average_precision_score, roc_auc_score


def figures(maps, masks, threshold, limit=0.3):
    """maps [T, H, W]; masks [T, H, W], true inside; pixels above the threshold are called abnormal."""
    scores, truth = maps.ravel(), masks.ravel()
    order = np.argsort(-scores, kind="stable")
    weights = np.zeros(masks.shape)
    regions = 0
    for image, mask in enumerate(masks):
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        regions += count
        for region in range(1, count + 1):
            weights[image][labels == region] = 1 / (labels == region).sum()
    ends = np.r_[np.diff(scores[order]) != 0, True]
    fpr = np.r_[0, np.cumsum(~truth[order])[ends] / (~truth).sum()]
    pro = np.r_[0, np.cumsum(weights.ravel()[order])[ends] / regions]
    below = fpr <= limit
    # The overlap at the limit lies between two thresholds.
    x, y = np.r_[fpr[below], limit], np.r_[pro[below], np.interp(limit, fpr, pro)]
    hits, called = np.cumsum(truth[order])[ends], np.arange(1, len(order) + 1)[ends]
    above = scores > threshold
    return {
        "auroc": roc_auc_score(truth, scores),
        "ap": average_precision_score(truth, scores),
        "aupro": float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum() / limit),
        "bestDice": float((2 * hits / (called + truth.sum())).max()),
        "diceAtThreshold": float(2 * (above & truth).sum() / (above.sum() + truth.sum())),
    }


if __name__ == "__main__":
    side, threshold = int(sys.argv[1]), float(sys.argv[2])
    data = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(-1, 2, side, side).astype(np.float64)
    print(json.dumps(figures(data[:, 0], data[:, 1] > 0, threshold)))
