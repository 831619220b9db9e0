"""What every wire answers for each deployed model, against onnxruntime's own answers."""

import json
import os
import pathlib
import struct

import grpc
import numpy as np
import pytest
import requests
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from tritonclient.grpc import service_pb2, service_pb2_grpc

folder = pathlib.Path(os.environ["HELD_OUT_DIR"])
cases = json.loads((folder / "cases.json").read_text())
deployed = json.loads((folder / "deployed.json").read_text())
names = sorted(cases)
numeric = [name for name in names if list(cases[name]["inputs"]) == ["X"]]


def authorization(name):
    return {"authorization": f"Bearer {deployed[name]['key']}"}


def tensors(name):
    for key, value in cases[name]["inputs"].items():
        texts = isinstance(value[0][0], str)
        yield key, "BYTES" if texts else "FP32", np.array(value, dtype=object if texts else np.float32)


def rows(name):
    """The rows as lists where there is one input, else as records of its columns."""
    inputs = cases[name]["inputs"]
    if list(inputs) == ["X"]:
        return inputs["X"]
    return [dict(zip(inputs, (value[0] for value in row))) for row in zip(*inputs.values())]


def records(name):
    """The rows as records of named columns, as the deployed signature names them."""
    if name not in numeric:
        return rows(name)
    return [dict(zip(deployed[name]["features"], row)) for row in rows(name)]


def post(name, path, body):
    url = deployed[name]["url"] + path
    answer = requests.post(url, json=body, headers=authorization(name), timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def agree(name, found):
    """Every output of the model is there, with onnxruntime's values; `found` maps names to nested lists."""
    wanted = cases[name]["outputs"]
    assert sorted(found) == sorted(wanted)
    for key, values in wanted.items():
        ours, theirs = np.asarray(found[key]).ravel(), np.asarray(values).ravel()
        assert ours.shape == theirs.shape, key
        if theirs.dtype.kind == "U":
            assert ours.tolist() == theirs.tolist(), key
        else:
            np.testing.assert_allclose(ours.astype(float), theirs, rtol=1e-4, atol=1e-5, err_msg=key)


def by_output(name, predictions):
    """Columns by output of what came by row: records, or the values of an only output."""
    outputs = list(cases[name]["outputs"])
    if len(outputs) == 1 and not isinstance(predictions[0], dict):
        return {outputs[0]: predictions}
    return {key: [row[key] for row in predictions] for key in outputs}


@pytest.mark.parametrize("name", names)
def test_open_inference_json(name):
    inputs = [
        {"name": key, "datatype": kind, "shape": list(value.shape), "data": value.ravel().tolist()}
        for key, kind, value in tensors(name)
    ]
    answer = post(name, f"/v2/models/{name}/infer", {"inputs": inputs})
    agree(name, {output["name"]: output["data"] for output in answer["outputs"]})


@pytest.mark.parametrize("name", names)
def test_open_inference_binary(name):
    client = triton_http.InferenceServerClient(deployed[name]["url"].removeprefix("http://"))
    inputs = [triton_http.InferInput(key, value.shape, kind) for key, kind, value in tensors(name)]
    for tensor, (_key, _kind, value) in zip(inputs, tensors(name)):
        tensor.set_data_from_numpy(value, binary_data=True)
    outputs = [triton_http.InferRequestedOutput(key, binary_data=True) for key in cases[name]["outputs"]]
    answer = client.infer(name, inputs, outputs=outputs, headers=authorization(name))
    agree(name, {key: as_texts(answer.as_numpy(key)) for key in cases[name]["outputs"]})


@pytest.mark.parametrize("name", numeric)
def test_open_inference_raw(name):
    """The bytes of one row are the whole body."""
    found = {key: [] for key in cases[name]["outputs"]}
    for row in rows(name):
        answer = requests.post(
            f"{deployed[name]['url']}/v2/models/{name}/infer",
            data=struct.pack(f"<{len(row)}f", *row),
            headers={
                **authorization(name),
                "content-type": "application/octet-stream",
                "inference-header-content-length": "0",
            },
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        result = triton_http.InferenceServerClient.parse_response_body(
            answer.content, header_length=int(answer.headers["inference-header-content-length"])
        )
        for key in found:
            found[key].append(as_texts(result.as_numpy(key)).ravel().tolist())
    agree(name, found)


@pytest.mark.parametrize("name", names)
def test_grpc_raw(name):
    client = triton_grpc.InferenceServerClient(deployed[name]["grpc"])
    inputs = [triton_grpc.InferInput(key, value.shape, kind) for key, kind, value in tensors(name)]
    for tensor, (_key, _kind, value) in zip(inputs, tensors(name)):
        tensor.set_data_from_numpy(value)
    answer = client.infer(name, inputs, headers=authorization(name))
    agree(name, {key: as_texts(answer.as_numpy(key)) for key in cases[name]["outputs"]})


@pytest.mark.parametrize("name", names)
def test_grpc_contents(name):
    request = service_pb2.ModelInferRequest(model_name=name)
    for key, kind, value in tensors(name):
        tensor = request.inputs.add(name=key, datatype=kind, shape=value.shape)
        if kind == "BYTES":
            tensor.contents.bytes_contents.extend(text.encode() for text in value.ravel())
        else:
            tensor.contents.fp32_contents.extend(value.ravel().tolist())
    with grpc.insecure_channel(deployed[name]["grpc"]) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        answer = stub.ModelInfer(request, metadata=list(authorization(name).items()), timeout=30)
    result = triton_grpc.InferResult(answer)
    found = {}
    for output in answer.outputs:
        fields = output.contents.ListFields()
        values = list(fields[0][1]) if fields else as_texts(result.as_numpy(output.name))
        found[output.name] = [value.decode() if isinstance(value, bytes) else value for value in values]
    agree(name, found)


@pytest.mark.parametrize("name", names)
def test_mlflow_records(name):
    answer = post(name, f"/models/{name}/invocations", {"dataframe_records": records(name)})
    agree(name, by_output(name, answer["predictions"]))


@pytest.mark.parametrize("name", names)
def test_mlflow_inputs(name):
    inputs = cases[name]["inputs"]
    answer = post(name, f"/models/{name}/invocations", {"inputs": inputs.get("X", inputs)})
    found = answer["predictions"]
    agree(name, found if isinstance(found, dict) else by_output(name, found))


@pytest.mark.parametrize("name", names)
def test_tensorflow_rows(name):
    """Also what KServe calls v1."""
    answer = post(name, f"/v1/models/{name}:predict", {"instances": rows(name)})
    agree(name, by_output(name, answer["predictions"]))


@pytest.mark.parametrize("name", names)
def test_tensorflow_columns(name):
    inputs = cases[name]["inputs"]
    answer = post(name, f"/v1/models/{name}:predict", {"inputs": inputs.get("X", inputs)})
    found = answer["outputs"]
    agree(name, found if isinstance(found, dict) else by_output(name, found))


@pytest.mark.parametrize("name", names)
def test_torchserve(name):
    agree(name, by_output(name, post(name, f"/predictions/{name}", rows(name))))


@pytest.mark.parametrize("name", names)
def test_rows_of_named_columns(name):
    answer = post(name, f"/predict/{name}", {"rows": records(name)})
    agree(name, by_output(name, answer["predictions"]))
    assert len(set(answer["predictionIds"])) == len(rows(name))


def as_texts(values):
    if values.dtype != object:
        return values
    return np.array([value.decode() for value in values.ravel()]).reshape(values.shape)
