"""Trains a small network with PyTorch, logs it with MLflow epoch by epoch, registers it, and asks the registered model.

Nothing here knows of Esteira: MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN say where the runs go.
"""

import json

import mlflow
import numpy as np
import torch
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn

SETTINGS = {"hidden": 32, "learning_rate": 0.01, "epochs": 60, "batch_size": 32, "seed": 7}

torch.manual_seed(SETTINGS["seed"])
mlflow.set_experiment("wine-network")

features, cultivar = load_wine(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(
    features.astype(np.float32), cultivar, random_state=SETTINGS["seed"], stratify=cultivar
)

# The network brings its scaling along, so that whoever asks it sends rows as they are.
class Network(nn.Module):
    def __init__(self, mean: torch.Tensor, spread: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.layers = nn.Sequential(
            nn.Linear(len(mean), SETTINGS["hidden"]), nn.ReLU(), nn.Linear(SETTINGS["hidden"], 3)
        )

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layers((rows - self.mean) / self.spread)


network = Network(torch.from_numpy(train_x.mean(axis=0)), torch.from_numpy(train_x.std(axis=0)))
optimizer = torch.optim.Adam(network.parameters(), lr=SETTINGS["learning_rate"])
loss_of = nn.CrossEntropyLoss()
batches = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(torch.from_numpy(train_x), torch.from_numpy(train_y)),
    batch_size=SETTINGS["batch_size"],
    shuffle=True,
)


def accuracy(rows: np.ndarray, classes: np.ndarray) -> float:
    with torch.no_grad():
        return float((network(torch.from_numpy(rows)).argmax(dim=1).numpy() == classes).mean())


with mlflow.start_run(run_name="two layers") as run:
    mlflow.log_params({**SETTINGS, "optimizer": "Adam", "torch": torch.__version__})
    mlflow.log_input(mlflow.data.from_numpy(train_x, targets=train_y, name="wine"), context="training")
    for epoch in range(SETTINGS["epochs"]):
        total = 0.0
        for rows, classes in batches:
            optimizer.zero_grad()
            loss = loss_of(network(rows), classes)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        mlflow.log_metrics(
            {"train_loss": total / len(train_x), "test_accuracy": accuracy(test_x, test_y)}, step=epoch
        )
    network.eval()
    with torch.no_grad():
        answers = network(torch.from_numpy(test_x)).numpy()
    mlflow.log_text(str(network), "network.txt")
    mlflow.pytorch.log_model(
        network,
        name="network",
        input_example=test_x,
        signature=infer_signature(test_x, answers),
        registered_model_name="wine-network",
    )

(version,) = mlflow.MlflowClient().search_model_versions("name = 'wine-network' and run_id = '%s'" % run.info.run_id)
address = f"models:/wine-network/{version.version}"
loaded = mlflow.pytorch.load_model(address)
with torch.no_grad():
    assert np.allclose(loaded(torch.from_numpy(test_x)).numpy(), answers), "the network is read back as it was"
predicted = mlflow.pyfunc.load_model(address).predict(test_x)
assert np.allclose(predicted, answers), "the registered model predicts what was trained"

print(json.dumps({"run": run.info.run_id, "version": version.version, "accuracy": accuracy(test_x, test_y)}))
