#!/usr/bin/env python3
"""Writes packages/core/test/golden/curves.json: scikit-learn's ROC AUC, ROC curve and average precision, and the expected
calibration error computed in numpy from its definition (Guo et al. 2017).

    python3 scripts/golden-curves.py
"""
import json
import os

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

rng = np.random.default_rng(20251)
binary = []
for n, ties in ((7, False), (40, True), (200, False), (200, True)):
    truth = rng.integers(0, 2, n)
    truth[:2] = 0, 1
    scores = rng.normal(size=n) + 0.8 * truth
    scores = np.round(scores, 1 if ties else 6) + 0.0  # no -0
    fpr, tpr, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    binary.append({"truth": truth.tolist(), "scores": scores.tolist(), "auc": roc_auc_score(truth, scores),
                   "averagePrecision": average_precision_score(truth, scores), "fpr": fpr.tolist(), "tpr": tpr.tolist(),
                   "thresholds": thresholds[1:].tolist()})
many = []
for n, classes, bins in ((60, 3, 15), (150, 7, 10), (150, 4, 5)):
    labels = rng.integers(0, classes, n)
    labels[:classes] = range(classes)
    logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[labels]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    one_hot = np.eye(classes)[labels]
    confidence, right = p.max(1), p.argmax(1) == labels
    edges = np.linspace(0, 1, bins + 1)
    ece = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            ece += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    entry = {"classes": classes, "labels": labels.tolist(), "probabilities": p.ravel().tolist(), "bins": bins, "ece": ece}
    for average in ("macro", "weighted", None):
        entry[f"auc {average}"] = np.asarray(roc_auc_score(one_hot, p, average=average)).tolist()
        entry[f"averagePrecision {average}"] = np.asarray(average_precision_score(one_hot, p, average=average)).tolist()
    many.append(entry)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../packages/core/test/golden/curves.json")
with open(path, "w") as f:
    json.dump({"sklearn": sklearn.__version__, "binary": binary, "many": many}, f)
    f.write("\n")
