"""Trains boosters of both libraries, keeps each with joblib, and what the library itself answers: FOLDER."""

import json
import pathlib
import sys

import joblib
import numpy as np
from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier, XGBRanker, XGBRegressor, XGBRFRegressor

random = np.random.RandomState(5)
X = random.randn(500, 5)
X[random.rand(*X.shape) < 0.1] = np.nan
X[:, 4] = random.randint(0, 4, len(X))
whole = np.nan_to_num(X)
three = (whole[:, 0] + whole[:, 1] > 0).astype(int) + (whole[:, 2] > 0.5).astype(int)
two = (three > 0).astype(int)
amount = 40 + 3 * whole[:, 0] + np.sin(2 * whole[:, 1]) + (whole[:, 4] == 2) * 5
counts = random.poisson(np.exp(whole[:, 0] / 2))
groups = [50] * 10

quiet = {"verbose": -1, "random_state": 0, "num_leaves": 15, "n_estimators": 30}
small = {"n_estimators": 30, "max_depth": 4, "random_state": 0}
models = {
    "lgbm-words": (LGBMClassifier(**quiet), np.array(["low", "mid", "high"])[three]),
    "lgbm-counts": (LGBMRegressor(objective="poisson", **quiet), counts),
    "lgbm-dart": (LGBMClassifier(boosting_type="dart", **quiet), two),
    "lgbm-ranks": (LGBMRanker(**quiet), np.clip(counts, 0, 4)),
    "lgbm-linear": (LGBMRegressor(linear_tree=True, **quiet), amount),
    "lgbm-categories": (LGBMRegressor(min_data_per_group=5, cat_smooth=1, **quiet), amount),
    "lgbm-forest": (LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **quiet), two),
    "lgbm-zero-missing": (LGBMRegressor(zero_as_missing=True, **quiet), amount),
    "lgbm-scaled": (make_pipeline(StandardScaler(), LGBMClassifier(**quiet)), two),
    "xgb-two-base": (XGBClassifier(base_score=0.2, **small), two),
    "xgb-three": (XGBClassifier(**small), three),
    "xgb-amount-base": (XGBRegressor(base_score=-7.5, **small), amount),
    "xgb-tweedie": (XGBRegressor(objective="reg:tweedie", **small), counts),
    "xgb-dart": (XGBClassifier(booster="dart", rate_drop=0.3, **small), two),
    "xgb-ranks": (XGBRanker(**small), np.clip(counts, 0, 4)),
    "xgb-forest": (XGBRFRegressor(**small), amount),
    "xgb-stopped": (XGBRegressor(early_stopping_rounds=3, n_estimators=300, max_depth=4, random_state=0), amount),
}
# Usual rows with and without gaps, one of gaps alone, some far outside of what was trained on.
rows = np.concatenate([X[:40], np.full((1, 5), np.nan), X[:3] * 1e4, whole[:3] * 0]).astype(np.float32).astype(np.float64)


def fit(name, model, target):
    if name.endswith("ranks"):
        return model.fit(X, target, group=groups)
    if name.endswith("stopped"):
        return model.fit(X[:400], target[:400], eval_set=[(X[400:], target[400:])], verbose=False)
    if name.endswith("categories"):
        return model.fit(X, target, categorical_feature=[4])
    return model.fit(X, target)


def answers(model):
    found = {"predict": model.predict(rows).tolist()}
    if hasattr(model, "predict_proba"):
        found["probabilities"] = model.predict_proba(rows).tolist()
    return found


folder = pathlib.Path(sys.argv[1])
cases = {}
for name, (model, target) in models.items():
    fit(name, model, target)
    joblib.dump(model, folder / f"{name}.joblib")
    cases[name] = answers(model)
gaps = [[None if np.isnan(value) else value for value in row] for row in rows.tolist()]
(folder / "cases.json").write_text(json.dumps({"rows": gaps, "models": cases}))
