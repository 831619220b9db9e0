"""Writes a model as an ONNX graph, and answers for the original, so that the two can be compared.

Speaks over file descriptor 3 as serve_model.py does. The first question loads the model:

  {"op": "load", "flavour": "sklearn" | "xgboost" | "lightgbm" | "pickle", "path": …, "columns": [{"name", "text"}…], when they are known,
   "answers": "predict" | "predict_proba"}

and is answered with the names of its columns and the packages that were used. {"op": "convert", "form": "matrix" | "columns"}
gives the graph: one input `X` for all columns, or one for each by its name. {"op": "predict", "inputs": …} asks the original
about columns by their names, and gives its answers under the names of the graph's outputs.
"""
import importlib.metadata
import importlib.util
import os

spec = importlib.util.spec_from_file_location("serve_model", os.path.join(os.path.dirname(__file__), "serve_model.py"))
serve_model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(serve_model)

# What the graphs of other exporters here are written for.
OPSET = {"": 17, "ai.onnx.ml": 3}
PACKAGES = ["scikit-learn", "xgboost", "xgboost-cpu", "lightgbm", "skl2onnx", "onnxmltools", "onnx", "numpy"]


def main():
    subject = None

    def answer(header, payload):
        nonlocal subject
        if header["op"] == "load":
            subject = Subject(header)
            return {"columns": subject.columns, "packages": versions()}, []
        if header["op"] == "convert":
            graph = subject.convert(header["form"])
            return {}, [("graph", "UINT8", [len(graph)], graph)]
        return {}, serve_model.to_tensors(subject.answer(serve_model.read_tensors(header["inputs"], payload)))

    serve_model.serve(answer)


class Subject:
    """The model that is converted, with what it is asked about."""

    def __init__(self, order):
        from sklearn.base import is_classifier

        self.model = load(order["flavour"], order["path"])
        if not hasattr(self.model, "predict"):
            raise TypeError(f"a {type(self.model).__name__} has no predict")
        if type(self.model).__name__ == "Booster":
            raise TypeError("a Booster does not say what its numbers are; keep the model of the scikit-learn interface (XGBClassifier, LGBMRegressor and their like)")
        self.columns = order.get("columns") or [{"name": name, "text": False} for name in columns_of(self.model)]
        self.classifier = is_classifier(self.model)
        self.probabilities_alone = order["answers"] == "predict_proba"
        self.graph_outputs = []

    def convert(self, form):
        from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

        refuse_unfaithful(self.model)
        register_boosters()
        model, numbers = self.model, FloatTensorType
        if ends_in_booster(model):
            register_imputer()
            model, numbers = rounded_for_booster(model), DoubleTensorType
        if form == "matrix":
            inputs = [("X", numbers([None, len(self.columns)]))]
        else:
            inputs = [
                (column["name"], (StringTensorType if column["text"] else numbers)([None, 1]))
                for column in self.columns
            ]
        written = self.write(model, inputs)
        self.keep_outputs(written.graph)
        return written.SerializeToString()

    def write(self, model, inputs):
        from skl2onnx import convert_sklearn

        options = {id(model): {"zipmap": False}} if self.classifier else None
        return convert_sklearn(model, initial_types=inputs, options=options, target_opset=OPSET)

    def keep_outputs(self, graph):
        """Leaves what the original is asked for: its classes with their probabilities, or its values."""
        names = [output.name for output in graph.output]
        self.graph_outputs = names[:1]
        if self.classifier and hasattr(self.model, "predict_proba") and len(names) > 1:
            self.graph_outputs = names[1:2] if self.probabilities_alone else names[:2]
        elif self.probabilities_alone:
            raise TypeError("the graph gives no probabilities")
        kept = [output for output in graph.output if output.name in self.graph_outputs]
        del graph.output[:]
        graph.output.extend(kept)

    def answer(self, columns):
        table = self.table(columns)
        if self.probabilities_alone:
            answers = [self.model.predict_proba(table)]
        else:
            answers = [self.model.predict(table)]
            if len(self.graph_outputs) > 1:
                answers.append(self.model.predict_proba(table))
        return dict(zip(self.graph_outputs, answers))

    def table(self, columns):
        """A data frame for a model that was made from one."""
        import numpy
        import pandas

        ordered = {column["name"]: columns[column["name"]].reshape(-1) for column in self.columns}
        if not hasattr(self.model, "feature_names_in_") and not any(column["text"] for column in self.columns):
            return numpy.column_stack(list(ordered.values()))
        return pandas.DataFrame(ordered)


# What the converters write otherwise than the library answers, by the settings of a model: seen with onnxmltools 1.16.
UNFAITHFUL = {
    "xgboost": {
        "booster": {"dart": "no boosters but gbtree", "gblinear": "no boosters but gbtree"},
        "objective": {
            "multi:softmax": "raw scores for multi:softmax; train it with multi:softprob",
            "reg:logistic": "reg:logistic without its sigmoid; train a classifier with binary:logistic",
        },
    },
    "lightgbm": {
        "boosting_type": {"rf": "sums where a random forest has means; use boosting_type gbdt"},
        "objective": {
            "multiclassova": "multiclassova as multiclass; train it with objective multiclass",
            "ova": "ova as multiclass; train it with objective multiclass",
        },
    },
}


# The models that are converted, by their library; of others, what to do instead.
CONVERTED = {
    "xgboost": ("XGBClassifier", "XGBRegressor", "XGBRanker"),
    "lightgbm": ("LGBMClassifier", "LGBMRegressor", "LGBMRanker"),
    "catboost": (),
}

# Of LightGBM, as a trained model tells its settings, by whatever name they were set.
UNFAITHFUL_LINES = {
    "[linear_tree: 1]": "constants where the leaves of linear_tree have lines; train it without",
    "[zero_as_missing: 1]": "zero as a number where zero_as_missing has it missing; train it without",
    "[use_missing: 0]": "branches for what is missing where use_missing=false has none; train it with them",
}


def refuse_unfaithful(model):
    for part in parts_of(model):
        kind, library = type(part).__name__, library_of(part)
        if kind not in CONVERTED.get(library, (kind,)):
            own = "; save it with save_model(path, format='onnx') and deploy that" if library == "catboost" else ""
            raise TypeError(f"a {kind} is not converted{own}")
        if library == "lightgbm":
            told = part.booster_.model_to_string(num_iteration=1)
            for line, written in UNFAITHFUL_LINES.items():
                if line in told:
                    raise TypeError(f"the converter writes {written} ({kind})")
        known = UNFAITHFUL.get(library, {})
        settings = part.get_params() if known else {}
        for setting, values in known.items():
            if settings.get(setting) in values:
                raise TypeError(f"the converter writes {values[settings[setting]]} ({kind})")


def parts_of(model):
    """The model, and every model and step inside of it."""
    yield model
    if hasattr(model, "get_params") and library_of(model) == "sklearn":
        yield from (part for part in model.get_params().values() if hasattr(part, "get_params"))


def library_of(model):
    return type(model).__module__.split(".")[0]


def ends_in_booster(model):
    from sklearn.pipeline import Pipeline

    return isinstance(model, Pipeline) and library_of(model.steps[-1][1]) in UNFAITHFUL


def rounded_for_booster(pipeline):
    """The pipeline as its library runs it: steps before a booster count in doubles, and the booster rounds what it is given to
    float32. Its thresholds lie on values that it has seen, so a value that was rounded before falls on the other side."""
    import numpy
    from sklearn.pipeline import Pipeline
    from skl2onnx.sklapi import CastTransformer

    cast = CastTransformer(dtype=numpy.float32).fit(numpy.zeros((1, 1)))
    return Pipeline([*pipeline.steps[:-1], ("rounded_for_booster", cast), pipeline.steps[-1]])


def register_imputer():
    """An imputer of doubles: the operator of ONNX has float32 alone."""
    from sklearn.impute import SimpleImputer
    from skl2onnx import update_registered_converter

    def shape(operator):
        operator.outputs[0].type = type(operator.inputs[0].type)(list(operator.inputs[0].type.shape))

    def write(scope, operator, container):
        import numpy
        from onnx import TensorProto

        imputer = operator.raw_operator
        values = numpy.asarray(imputer.statistics_, dtype=numpy.float64)
        if imputer.add_indicator or not numpy.isnan(imputer.missing_values) or numpy.isnan(values).any():
            raise TypeError("an imputer before a booster is written for NaN alone, without indicators and without empty columns")
        given = operator.inputs[0].full_name
        known, missing = scope.get_unique_variable_name("known"), scope.get_unique_variable_name("missing")
        container.add_initializer(known, TensorProto.DOUBLE, [1, len(values)], values.tolist())
        container.add_node("IsNaN", given, missing, op_version=13, name=scope.get_unique_operator_name("IsNaN"))
        container.add_node(
            "Where", [missing, known, given], operator.outputs[0].full_name, op_version=9, name=scope.get_unique_operator_name("Where"),
        )

    update_registered_converter(SimpleImputer, "SklearnSimpleImputer", shape, write, overwrite=True)


def load(flavour, path):
    if flavour == "pickle":
        import joblib

        return joblib.load(path)
    import importlib

    return importlib.import_module(f"mlflow.{flavour}").load_model(path)


def columns_of(model):
    if hasattr(model, "feature_names_in_"):
        return [str(name) for name in model.feature_names_in_]
    if hasattr(model, "n_features_in_"):
        return [f"X_{position}" for position in range(model.n_features_in_)]
    raise TypeError("the model does not say how many columns it takes")


def register_boosters():
    """Tells skl2onnx of the models that onnxmltools converts, those inside of a pipeline too."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )

    options = {"nocl": [True, False], "zipmap": [True, False, "columns"], "raw_scores": [True, False]}
    if has("xgboost"):
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
        from xgboost import XGBClassifier, XGBRanker, XGBRegressor

        update_registered_converter(
            XGBClassifier, "XGBoostXGBClassifier", calculate_linear_classifier_output_shapes, convert_xgboost, options=options,
        )
        for kind in (XGBRegressor, XGBRanker):
            update_registered_converter(
                kind, f"XGBoost{kind.__name__}", calculate_linear_regressor_output_shapes, convert_xgboost,
            )
    if has("lightgbm"):
        from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        update_registered_converter(
            LGBMClassifier, "LightGbmLGBMClassifier", calculate_linear_classifier_output_shapes, convert_lightgbm, options=options,
        )
        for kind in (LGBMRegressor, LGBMRanker):
            update_registered_converter(
                kind, f"LightGbm{kind.__name__}", calculate_linear_regressor_output_shapes, convert_lightgbm, options={"split": None},
            )


def has(package):
    return importlib.util.find_spec(package) is not None


def versions():
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
