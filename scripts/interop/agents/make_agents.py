"""Writes the agents of this folder as MLflow keeps them: FOLDER."""

import pathlib
import sys

import mlflow

here = pathlib.Path(__file__).parent
for name in ("responses_agent", "chat_model", "chat_agent"):
    path = pathlib.Path(sys.argv[1]) / name.replace("_", "-")
    mlflow.pyfunc.save_model(str(path), python_model=str(here / f"{name}.py"), pip_requirements=["mlflow==3.17.2"])
