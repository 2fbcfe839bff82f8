"""Writes what PyTorch and scikit-learn make of small sets of features. See README.md."""

import json
import os

import numpy as np
import sklearn
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, roc_auc_score

HERE = os.path.dirname(os.path.abspath(__file__))
K, HIDDEN, ROWS, BATCH, EPOCHS = 3, 7, 53, 8, 4


def rows(random, count):
    """Two classes that overlap; four digits, as a feature file may have."""
    labels = random.integers(0, 2, count)
    shift = np.array([0.5, -0.3, 0.0])
    values = random.normal(0, 0.35, (count, K)) + np.outer(labels - 0.5, shift)
    return np.round(values, 4), labels


def network(state, dtype):
    model = torch.nn.Sequential(
        torch.nn.Linear(K, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 2)
    ).to(dtype)
    model.load_state_dict({name: value.to(dtype) for name, value in state.items()})
    return model


def flat(model):
    return torch.cat([p.detach().reshape(-1) for p in model.parameters()]).double().tolist()


def train(state, values, labels, batches, dtype):
    """The parameters after every step, and the loss before it."""
    model = network(state, dtype)
    x, y = torch.tensor(values, dtype=dtype), torch.tensor(labels)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    steps, losses = [], []
    for batch in batches:
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        adam.step()
        steps.append(flat(model))
        losses.append(loss.item())
    scores = model(x).detach()
    return steps, losses, (scores[:, 1] - scores[:, 0]).double().tolist()


def main():
    random = np.random.default_rng(7)
    torch.manual_seed(7)
    values, labels = rows(random, ROWS)
    start = torch.nn.Sequential(
        torch.nn.Linear(K, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 2)
    )
    orders = [random.permutation(ROWS).tolist() for _ in range(EPOCHS)]
    batches = [order[i : i + BATCH] for order in orders for i in range(0, ROWS, BATCH)]
    state = start.state_dict()
    steps, losses, scores = train(state, values, labels, batches, torch.float64)
    single = train(state, values, labels, batches, torch.float32)
    gap = np.abs(np.array(steps) - np.array(single[0])).max()
    assert gap < 1e-5, gap
    regressions = []
    for c in (1.0, 0.05, 30.0):
        fit = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-13).fit(values, labels)
        regressions.append(
            dict(c=c, weights=fit.coef_[0].tolist(), bias=float(fit.intercept_[0]),
                 auroc=roc_auc_score(labels, fit.decision_function(values)),
                 confusion=confusion_matrix(labels, fit.predict(values)).ravel().tolist())
        )  # fmt: skip
    result = dict(
        versions=f"torch {torch.__version__}, scikit-learn {sklearn.__version__}",
        values=values.ravel().tolist(), labels=[int(x) for x in labels], hidden=HIDDEN,
        start=flat(start), batches=batches, steps=steps, losses=losses, scores=scores,
        singlePrecision=single[0], regressions=regressions,
    )  # fmt: skip
    with open(f"{HERE}/probes.json", "w") as file:
        json.dump(result, file)
    print(f"{len(batches)} steps, float32 differs by {gap:.1e}; loss {losses[0]:.3f} to {losses[-1]:.3f}")


if __name__ == "__main__":
    main()
