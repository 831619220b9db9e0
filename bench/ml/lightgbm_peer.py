"""LightGBM on one thread, driven line by line over stdin by run.ts.

Arguments: folder, rows, features, held-out rows. Each line "train" trains once and answers a line of JSON;
"scores PATH" writes the last model's held-out probabilities as float64.
"""

import json
import sys
import time

import lightgbm
import numpy

folder, rows, features, held_out = sys.argv[1], *map(int, sys.argv[2:5])
columns = numpy.fromfile(f"{folder}/columns.f32", dtype=numpy.float32).reshape(features, rows + held_out)
table = numpy.ascontiguousarray(columns.T)
labels = numpy.fromfile(f"{folder}/labels.f64", dtype=numpy.float64)

parameters = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.1,
    "max_bin": 255,
    "min_data_in_leaf": 20,
    "num_threads": 1,
    "verbose": -1,
}

start = time.perf_counter()
dataset = lightgbm.Dataset(table[:rows], labels[:rows], params=parameters)
dataset.construct()
binning = time.perf_counter() - start
print(json.dumps({"version": lightgbm.__version__, "binning": binning}), flush=True)

model = None
for line in sys.stdin:
    command = line.split()
    if command[0] == "train":
        start = time.perf_counter()
        model = lightgbm.train(parameters, dataset, num_boost_round=100)
        print(json.dumps({"training": time.perf_counter() - start}), flush=True)
    if command[0] == "scores":
        numpy.asarray(model.predict(table[rows:]), dtype=numpy.float64).tofile(command[1])
        print(json.dumps({"trees": model.num_trees()}), flush=True)
