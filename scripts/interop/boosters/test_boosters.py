"""What converted boosters answer, against what their libraries answered; and which were refused, with the reason."""

import json
import os
import pathlib

import numpy as np
import pytest
import requests

folder = pathlib.Path(os.environ["BOOSTERS_DIR"])
cases = json.loads((folder / "cases.json").read_text())
deployed = json.loads((folder / "deployed.json").read_text())

# Whatever is not here must have been converted.
refused = {
    "lgbm-categories": "answers otherwise",
    "lgbm-forest": "random forest",
    "lgbm-linear": "linear_tree",
    "lgbm-zero-missing": "zero_as_missing",
    "xgb-dart": "gbtree",
    "xgb-forest": "not converted",
}
served = sorted(set(cases["models"]) - set(refused))


@pytest.mark.parametrize("name, word", sorted(refused.items()))
def test_refuses_by_name_what_cannot_be_converted(name, word):
    assert "key" not in deployed[name]
    assert word in deployed[name]["refused"]


@pytest.mark.parametrize("name", served)
def test_answers_as_its_library(name):
    served_at = deployed[name]
    assert "key" in served_at, served_at["refused"]
    records = [dict(zip(served_at["features"], row)) for row in cases["rows"]]
    answer = requests.post(
        f"{served_at['url']}/models/{name}/invocations",
        json={"dataframe_records": records},
        headers={"authorization": f"Bearer {served_at['key']}"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()["predictions"]
    wanted = cases["models"][name]
    if "probabilities" in wanted:
        labels = [row["label"] for row in found]
        assert labels == wanted["predict"]
        ours, theirs = [row["probabilities"] for row in found], wanted["probabilities"]
    else:
        ours = [next(iter(row.values())) if isinstance(row, dict) else row for row in found]
        theirs = wanted["predict"]
    np.testing.assert_allclose(np.ravel(np.array(ours, dtype=float)), np.ravel(theirs), rtol=1e-4, atol=1e-4)
