"""Trains a random forest with MLflow's autologging, registers it, and asks the registered model.

Nothing here knows of Esteira: MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN say where the runs go.
"""

import json

import mlflow
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

mlflow.set_experiment("wine")
mlflow.sklearn.autolog(registered_model_name="wine-cultivar")

features, cultivar = load_wine(return_X_y=True, as_frame=True)
train_x, test_x, train_y, test_y = train_test_split(features, cultivar, random_state=7, stratify=cultivar)

with mlflow.start_run(run_name="random forest") as run:
    forest = RandomForestClassifier(n_estimators=50, max_depth=4, random_state=7)
    forest.fit(train_x, train_y)
    mlflow.log_metric("test_accuracy", forest.score(test_x, test_y))

(version,) = mlflow.MlflowClient().search_model_versions("name = 'wine-cultivar' and run_id = '%s'" % run.info.run_id)
loaded = mlflow.pyfunc.load_model(f"models:/wine-cultivar/{version.version}")
assert list(loaded.predict(test_x)) == list(forest.predict(test_x)), "the registered model predicts what was trained"

print(json.dumps({"run": run.info.run_id, "version": version.version}))
