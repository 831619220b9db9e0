"""What deployed agents answer, against what MLflow's own classes answer in this process."""

import json
import os
import pathlib

import mlflow
import pytest
import requests

folder = pathlib.Path(os.environ["AGENTS_DIR"])
deployed = json.loads((folder / "deployed.json").read_text())
own = {name: mlflow.pyfunc.load_model(str(folder / name)) for name in deployed}

said = [{"role": "user", "content": "two words"}]
asked = {
    "responses-agent": [
        {"input": said},
        {"input": said, "custom_inputs": {"whole": 12345678901234567890, "part": 1.0, "text": "å\u2028"}},
        {"input": said, "temperature": 0.5, "stream": False},
    ],
    "chat-model": [{"messages": said}, {"messages": said, "temperature": 2.0, "max_tokens": 5}],
    "chat-agent": [{"messages": said}, {"messages": said, "context": {"user_id": "ana"}, "custom_inputs": {"a": [1, {"b": None}]}}],
}
wrong = {
    "responses-agent": [{"input": "x"}, {"input": [{"role": "user"}]}, {"messages": said}, {"input": said, "temperature": "warm"}],
    "chat-model": [{"messages": "x"}, {"messages": [{"content": "x"}]}, {"input": said}, {"messages": said, "max_tokens": "many"}],
    "chat-agent": [{"messages": [{"content": "x"}]}, {"messages": said, "context": {"user_id": 3}}, {"input": said}],
}
cases = [(name, document) for name, documents in asked.items() for document in documents]


def post(name, body, path="invocations"):
    url = f"{deployed[name]['url']}/models/{name}/{path}"
    return requests.post(url, json=body, headers={"authorization": f"Bearer {deployed[name]['key']}"}, timeout=60)


def events(answer):
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in answer.content.decode().split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def lasting(value):
    """Without the time at which it was made."""
    if isinstance(value, dict):
        return {key: lasting(inner) for key, inner in value.items() if key not in ("created", "created_at")}
    return [lasting(inner) for inner in value] if isinstance(value, list) else value


def expected(name, document):
    return lasting(own[name].predict({key: value for key, value in document.items() if key != "stream"}))


@pytest.mark.parametrize("name, document", cases)
def test_answers_as_mlflow_does(name, document):
    answer = post(name, document)
    assert answer.status_code == 200, answer.text
    assert lasting(answer.json()) == expected(name, document)


@pytest.mark.parametrize("name, document", cases)
def test_wraps_the_answer_to_what_came_wrapped(name, document):
    frame = {"columns": list(document), "data": [list(document.values())]}
    for body in ({"inputs": document}, {"instances": [document]}, {"dataframe_records": [document]}, {"dataframe_split": frame}):
        answer = post(name, body)
        assert answer.status_code == 200, answer.text
        assert lasting(answer.json()) == {"predictions": expected(name, document)}


@pytest.mark.parametrize("name, document", cases)
def test_streams_as_mlflow_does(name, document):
    found = events(post(name, {**document, "stream": True}))
    if name == "chat-agent":
        assert [lasting(event) for event in found] == [expected(name, document)]
    else:
        asked_of_own = {key: value for key, value in document.items() if key != "stream"}
        assert [lasting(event) for event in found] == [lasting(event) for event in own[name].predict_stream(asked_of_own)]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name, document", [(name, document) for name, documents in wrong.items() for document in documents])
def test_refuses_a_request_that_is_at_fault(name, document, stream):
    answer = post(name, {**document, "stream": stream})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] == "BAD_REQUEST"
    assert "the model cannot take the document" in answer.json()["message"]
    assert post(name, asked[name][0]).status_code == 200


def test_says_what_broke():
    broken = {"input": [{"role": "user", "content": "boom"}]}
    assert post("responses-agent", broken).status_code == 500
    half = {"input": [{"role": "user", "content": "one boom"}], "stream": True}
    first, last = events(post("responses-agent", half))
    assert first["delta"] == "one"
    assert last["error_code"] == "INTERNAL_ERROR"
    assert post("responses-agent", asked["responses-agent"][0]).status_code == 200


def test_one_request_at_a_time():
    for body in ({"instances": [asked["chat-model"][0]] * 2}, {"dataframe_records": []}):
        answer = post("chat-model", body)
        assert answer.status_code == 400
        assert "one request at a time" in answer.json()["message"]


def test_other_wires_carry_the_document_as_a_text():
    text = json.dumps(asked["chat-model"][0])
    tensor = {"name": "request", "datatype": "BYTES", "shape": [1], "data": [text]}
    url = f"{deployed['chat-model']['url']}/v2/models/chat-model/infer"
    headers = {"authorization": f"Bearer {deployed['chat-model']['key']}"}
    answer = requests.post(url, json={"inputs": [tensor]}, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    outputs = {output["name"]: output["data"] for output in answer.json()["outputs"]}
    assert lasting(json.loads(outputs["answer"][0])) == expected("chat-model", asked["chat-model"][0])
    assert outputs["characters"] == [len(outputs["answer"][0])]
    tensor["data"] = ["no JSON"]
    assert requests.post(url, json={"inputs": [tensor]}, headers=headers, timeout=60).status_code == 400
