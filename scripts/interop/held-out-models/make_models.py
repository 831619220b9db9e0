"""Trains models that this repository has never seen, writes each as ONNX, and what onnxruntime answers: FOLDER."""

import json
import pathlib
import sys

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeRegressor

random = np.random.RandomState(11)
X = random.randn(400, 6).astype(np.float32)
three = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 0.5).astype(int)
two = (three > 0).astype(int)
words = np.array(["low", "mid", "high"])[three]
amount = 3 * X[:, 0] + np.sin(2 * X[:, 1])
both = np.stack([amount, -2 * amount], axis=1)

numeric = {
    "forest-three": (RandomForestClassifier(20, random_state=0), three),
    "forest-words": (RandomForestClassifier(10, random_state=0), words),
    "forest-two-outputs": (RandomForestRegressor(6, random_state=0), both),
    "tree-amount": (DecisionTreeRegressor(max_depth=6, random_state=0), amount),
    "boosting-amount": (GradientBoostingRegressor(n_estimators=40, random_state=0), amount),
    "boosting-three": (GradientBoostingClassifier(n_estimators=15, random_state=0), three),
    "histogram-boosting": (HistGradientBoostingClassifier(max_iter=15, random_state=0), three),
    "mlp-three": (make_pipeline(StandardScaler(), MLPClassifier(hidden_layer_sizes=(16, 8), max_iter=80, random_state=0)), three),
    "mlp-amount": (make_pipeline(MinMaxScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=80, random_state=0)), amount),
    "logistic-words": (LogisticRegression(max_iter=300), words),
    "ridge-two-outputs": (make_pipeline(StandardScaler(), Ridge()), both),
    "polynomial": (make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=500)), two),
    "neighbours": (KNeighborsClassifier(3), three),
}


def main(folder: pathlib.Path) -> None:
    cases = {}
    # Usual rows, one far outside of what was trained on, one of nothing.
    rows = np.concatenate([X[:7], X[:1] * 1000, X[:1] * 0]).astype(np.float32)
    for name, (model, target) in numeric.items():
        model.fit(X, target)
        zipmap = {"zipmap": False} if hasattr(model, "predict_proba") else None
        graph = to_onnx(model, X[:1], options=zipmap, target_opset=17)
        cases[name] = write(folder, name, graph, {"X": rows})
    cases["columns"] = write(folder, "columns", *with_text())
    (folder / "cases.json").write_text(json.dumps(cases))


def with_text():
    """Two columns of numbers and one of texts, each an input of its own."""
    colour = np.where(X[:, 2] > 0, "red", "blå").astype(object)
    frame = np.empty((len(X), 3), dtype=object)
    frame[:, 0], frame[:, 1], frame[:, 2] = X[:, 0], X[:, 1], colour
    encode = ColumnTransformer(
        [("numbers", StandardScaler(), [0, 1]), ("texts", OneHotEncoder(handle_unknown="ignore"), [2])]
    )
    model = make_pipeline(encode, LogisticRegression()).fit(frame, two)
    kinds = [("size", FloatTensorType([None, 1])), ("weight", FloatTensorType([None, 1]))]
    kinds.append(("colour", StringTensorType([None, 1])))
    graph = to_onnx(model, initial_types=kinds, options={"zipmap": False}, target_opset=17)
    asked = np.array([["red"], ["blå"], ["never seen"], [""], ["red"]], dtype=object)
    return graph, {"size": X[:5, :1], "weight": X[:5, 1:2], "colour": asked}


def write(folder: pathlib.Path, name: str, graph, inputs):
    data = graph.SerializeToString()
    (folder / f"{name}.onnx").write_bytes(data)
    session = onnxruntime.InferenceSession(data)
    answers = session.run(None, inputs)
    return {
        "inputs": {key: value.tolist() for key, value in inputs.items()},
        "outputs": {output.name: value.tolist() for output, value in zip(session.get_outputs(), answers)},
    }


main(pathlib.Path(sys.argv[1]))
