"""Answers questions to one model over file descriptor 3.

A frame is two little-endian 32-bit numbers (bytes after the first number, bytes of the header), a JSON header, and the
tensors it describes, row-major and little-endian, one behind the other; a BYTES element is its length and its UTF-8 text
(the binary tensors of the Open Inference Protocol). The first question loads the model:

  {"op": "load", "kind": "mlflow" | "file", "path": …, "form": "frame" | "tensor" | "columns" | "document",
   "dates": [column…]}

Then {"op": "predict", "id": …, "inputs": [{name, datatype, shape, size}…]} is answered with outputs of the same shape, or
with {"problem": …}, or {"refused": …} when the question is at fault; the trace of a failure goes to stderr. A model with `predict_stream` says so when it is loaded: {"op":
"stream", "inputs": …} gives its first piece, {"op": "next"} each that follows, and {"op": "cancel"} ends it; what is over
answers {"done": true}. Runs on the interpreter of the model's environment: the
standard library alone until the model itself asks for more.
"""
import importlib
import importlib.util
import json
import os
import socket
import struct
import sys
import traceback

NUMPY_TYPES = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8",
    "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64",
}
DATATYPES = {numpy_type: datatype for datatype, numpy_type in NUMPY_TYPES.items()}
CODES = {
    "BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", "INT8": "b", "INT16": "h", "INT32": "i",
    "INT64": "q", "FP16": "e", "FP32": "f", "FP64": "d",
}


# What MLflow makes of a request for each kind of agent, by `metadata.task`.
AGENTS = {
    "agent/v1/responses": ("mlflow.types.responses", "ResponsesAgentRequest"),
    "agent/v1/chat": ("mlflow.types.llm", "ChatCompletionRequest"),
    "agent/v2/chat": ("mlflow.types.agent", "ChatAgentRequest"),
}


def main():
    predict = stream = pieces = None

    def answer(header, payload):
        nonlocal predict, stream, pieces
        if header["op"] == "load":
            predict, stream = load(header)
            return {"loaded": True, "streams": stream is not None}, []
        if header["op"] == "stream":
            pieces = iter(stream(read_tensors(header["inputs"], payload)))
            return next_piece(pieces)
        if header["op"] == "next":
            return next_piece(pieces)
        if header["op"] == "cancel":
            # The generator is told by GeneratorExit.
            pieces.close()
            return {"done": True}, []
        return {"id": header["id"]}, to_tensors(predict(read_tensors(header["inputs"], payload)))

    serve(answer)


def serve(answer):
    """Gives each question to `answer`, which returns a header and tensors, until nobody asks any more."""
    wire = socket.socket(fileno=3)
    # What a model prints is no answer.
    os.dup2(2, 1)
    while True:
        header, payload = read_frame(wire)
        if header is None:
            return
        try:
            said, tensors = answer(header, payload)
        except Refused as problem:
            said, tensors = {"id": header.get("id"), "refused": str(problem)[:2000]}, []
        except BaseException as problem:  # a model may raise anything, SystemExit too
            traceback.print_exc()
            said, tensors = {"id": header.get("id"), "problem": f"{type(problem).__name__}: {problem}"[:2000]}, []
        write_frame(wire, said, tensors)


class Refused(Exception):
    """The question is at fault, not the model."""


def next_piece(pieces):
    try:
        return {"done": False}, to_tensors(next(pieces))
    except StopIteration:
        return {"done": True}, []


def load(question):
    """Functions from {name: array} to whatever the model gives, at once and in pieces; the second is None for most."""
    model, stream, check = load_mlflow(question) if question["kind"] == "mlflow" else load_file(question["path"])
    if question["form"] == "document":
        return with_documents(model, stream, check)
    return shape(question, model), None if stream is None else shape(question, stream)


def with_documents(model, stream, check):
    """The same for a model that takes JSON documents and gives them: each row is the text of one."""
    def answer(arrays):
        return write_documents([model(document) for document in read_documents(arrays, check)])

    def pieces(arrays):
        (document,) = read_documents(arrays, check)
        for piece in stream(document):
            yield write_documents([piece])

    return answer, None if stream is None else pieces


def read_documents(arrays, check):
    documents = []
    for text in next(iter(arrays.values())):
        try:
            document = json.loads(text)
            if not isinstance(document, dict):
                raise ValueError("it is no object")
            # Of the wire, which has read it.
            document.pop("stream", None)
            check(document)
        except Exception as problem:
            raise Refused(f"the model cannot take the document: {problem}") from problem
        documents.append(document)
    return documents


def find_check(loaded, task):
    """A function that raises for a document which is not what MLflow's own servers give to such an agent."""
    if task not in AGENTS:
        return check_nothing
    from mlflow.models import validate_schema

    module, name = AGENTS[task]
    request = getattr(importlib.import_module(module), name)
    make = getattr(request, "from_dict", lambda document: request(**document))
    schema = loaded.metadata.get_input_schema()

    def check(document):
        if schema is not None:
            validate_schema(document, schema)
        make(document)

    return check


def check_nothing(document):
    pass


def write_documents(documents):
    """As texts, with the length of each, which is what is monitored."""
    texts = [json.dumps(document, default=to_plain, allow_nan=False, ensure_ascii=False) for document in documents]
    return {"answer": texts, "characters": [float(len(text)) for text in texts]}


def to_plain(value):
    """Of numpy, of pydantic, or of whatever can be printed."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return value.model_dump(exclude_none=True) if hasattr(value, "model_dump") else str(value)


def shape(question, model):
    form = question["form"]
    if form == "columns":
        return model
    if form == "tensor":
        return lambda arrays: model(next(iter(arrays.values())))
    import pandas

    dates = set(question.get("dates", []))

    def predict(arrays):
        columns = {name: array.reshape(-1) if hasattr(array, "reshape") else array for name, array in arrays.items()}
        for name in dates & columns.keys():
            columns[name] = pandas.to_datetime(columns[name])
        return model(pandas.DataFrame(columns))

    return predict


def load_mlflow(question):
    # As MLflow's own server says it.
    os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = "true"
    import mlflow.pyfunc

    # There is nowhere to write traces to; each question would try again.
    disable_tracing = getattr(getattr(mlflow, "tracing", None), "disable", None)
    if disable_tracing is not None:
        disable_tracing()
    loaded = mlflow.pyfunc.load_model(question["path"])
    implementation = getattr(loaded, "_model_impl", None)
    task = (loaded.metadata.metadata or {}).get("task")
    model = implementation.get_raw_model() if task in AGENTS else getattr(implementation, "python_model", implementation)
    own = getattr(type(model), "predict_stream", None)
    # Every PythonModel has one; those of the base classes, which stand there, raise.
    is_own = own is not None and getattr(own, "__module__", None) != "mlflow.pyfunc.model"
    return loaded.predict, loaded.predict_stream if is_own else None, find_check(loaded, task)


def load_file(path):
    """A Python file with a function `predict`, `predict_stream` when it answers in pieces, and `load` when something has to be made ready before."""
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location("model", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, "predict", None)):
        raise TypeError("the file has no function predict")
    if callable(getattr(module, "load", None)):
        module.load()
    stream = getattr(module, "predict_stream", None)
    return module.predict, stream if callable(stream) else None, check_nothing


def read_tensors(described, payload):
    tensors, at = {}, 0
    for tensor in described:
        data = payload[at:at + tensor["size"]]
        at += tensor["size"]
        tensors[tensor["name"]] = decode(tensor["datatype"], tensor["shape"], data)
    return tensors


def decode(datatype, shape, data):
    numpy = find_numpy()
    if datatype == "BYTES":
        texts = decode_texts(data)
        return nest(texts, shape) if numpy is None else numpy.array(texts, dtype=object).reshape(shape)
    if numpy is None:
        values = list(struct.unpack(f"<{len(data) // struct.calcsize(CODES[datatype])}{CODES[datatype]}", data))
        return nest(values, shape)
    # A copy: models may write into what they are given.
    return numpy.frombuffer(data, dtype=NUMPY_TYPES[datatype]).reshape(shape).copy()


def decode_texts(data):
    texts, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        texts.append(bytes(data[at + 4:at + 4 + size]).decode("utf-8"))
        at += 4 + size
    return texts


def nest(values, shape):
    for dimension in reversed(shape[1:]):
        values = [values[at:at + dimension] for at in range(0, len(values), dimension)]
    return values


def to_tensors(result):
    """[(name, datatype, shape, bytes)…]; an array without a name has the name ''."""
    if hasattr(result, "to_dict") and hasattr(result, "columns"):
        return [to_tensor(str(name), result[name].to_numpy()) for name in result.columns]
    if isinstance(result, dict):
        return [to_tensor(str(name), value) for name, value in result.items()]
    return [to_tensor("", result)]


def to_tensor(name, value):
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "toarray"):
        value = value.toarray()
    numpy = find_numpy()
    if numpy is None:
        return plain_tensor(name, value)
    array = numpy.atleast_1d(numpy.asarray(value))
    kind = str(array.dtype)
    if kind in DATATYPES:
        ordered = numpy.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        return name, DATATYPES[kind], list(array.shape), ordered.tobytes()
    texts = ["" if text is None else str(text) for text in array.reshape(-1).tolist()]
    return name, "BYTES", list(array.shape), encode_texts(texts)


def plain_tensor(name, value):
    shape, flat = measure(value if isinstance(value, (list, tuple)) else [value])
    if all(isinstance(element, bool) for element in flat):
        datatype = "BOOL"
    elif all(isinstance(element, int) for element in flat):
        datatype = "INT64"
    elif all(isinstance(element, (int, float)) for element in flat):
        datatype = "FP64"
    else:
        return name, "BYTES", shape, encode_texts([str(element) for element in flat])
    return name, datatype, shape, struct.pack(f"<{len(flat)}{CODES[datatype]}", *flat)


def measure(values):
    if not values or not isinstance(values[0], (list, tuple)):
        return [len(values)], list(values)
    shapes, flat = set(), []
    for row in values:
        shape, elements = measure(row)
        shapes.add(tuple(shape))
        flat += elements
    if len(shapes) != 1:
        raise ValueError("the rows of the answer have different lengths")
    return [len(values), *shapes.pop()], flat


def encode_texts(texts):
    encoded = [text.encode("utf-8") for text in texts]
    return b"".join(struct.pack("<I", len(text)) + text for text in encoded)


def find_numpy():
    """numpy when the environment has it. Asked each time: a model may be what imports it first."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def read_frame(wire):
    size = read_exactly(wire, 4)
    if size is None:
        return None, None
    frame = read_exactly(wire, struct.unpack("<I", size)[0])
    if frame is None:
        return None, None
    (header_size,) = struct.unpack_from("<I", frame, 0)
    return json.loads(bytes(frame[4:4 + header_size])), memoryview(frame)[4 + header_size:]


def read_exactly(wire, size):
    buffer, filled = bytearray(size), 0
    view = memoryview(buffer)
    while filled < size:
        count = wire.recv_into(view[filled:])
        if count == 0:
            return None
        filled += count
    return buffer


def write_frame(wire, answer, tensors):
    if tensors:
        answer["outputs"] = [
            {"name": name, "datatype": datatype, "shape": shape, "size": len(data)} for name, datatype, shape, data in tensors
        ]
    header = json.dumps(answer).encode("utf-8")
    body = b"".join(data for *_, data in tensors)
    wire.sendall(struct.pack("<II", 4 + len(header) + len(body), len(header)) + header + body)


if __name__ == "__main__":
    main()
