import { leafNumber, leafOfVector, reachLeaves } from './bit-vector-trees.ts';
import { leafOf } from './flat-trees.ts';
import type { OnnxTensor } from './onnx-model.ts';
import {
  type CompileOperator,
  type Kernel,
  matrixShape,
  mismatch,
  numbersOf,
  requireTensor,
} from './operator.ts';
import { postTransform, type ScoreTransform } from './post-transform.ts';
import { treesOf } from './settle-trees.ts';
import type { SettledTrees } from './settled-trees.ts';

export const compileTreeRegressor: CompileOperator = (node) => {
  const read = treesOf(node);
  if ('unsupported' in read) return read;
  const transform = postTransform(read.postTransform);
  if (!transform) return { unsupported: `TreeEnsembleRegressor with post_transform ${read.postTransform}.` };
  const scoreRows = createScorer(read);
  const { outputs, baseScores } = read;
  const average = read.aggregate === 'AVERAGE' ? 1 / read.flat.roots.length : 1;
  if (read.aggregate === 'MIN' || read.aggregate === 'MAX') {
    return { unsupported: `TreeEnsembleRegressor with aggregate_function ${read.aggregate}.` };
  }
  return ([input]) => {
    const { rows, scores } = scoreRows(requireTensor(input));
    for (let at = 0; at < scores.length; at++) {
      scores[at] = (scores[at] as number) * average + (baseScores[at % outputs] ?? 0);
    }
    return [probabilityTensor(scores, rows, outputs, transform)];
  };
};

/** TreeEnsembleClassifier: labels, and scores after the post transform. */
export const compileTreeClassifier: CompileOperator = (node) => {
  const read = treesOf(node);
  if ('unsupported' in read) return read;
  const transform = postTransform(read.postTransform);
  if (!transform) return { unsupported: `TreeEnsembleClassifier with post_transform ${read.postTransform}.` };
  const { outputs, baseScores } = read;
  if (outputs === 2) return compileBinary(read, transform);
  if (baseScores.length !== 0 && baseScores.length !== outputs) {
    return {
      unsupported: `TreeEnsembleClassifier has ${baseScores.length} base values for ${outputs} classes.`,
    };
  }
  const scoreRows = createScorer(read);
  return ([input]) => {
    const { rows, scores } = scoreRows(requireTensor(input));
    for (let at = 0; at < scores.length; at++)
      scores[at] = (scores[at] as number) + (baseScores[at % outputs] ?? 0);
    const labels = labelTensor(read.classes, rows, (row) => highest(scores, row * outputs, outputs));
    return [labels, probabilityTensor(scores, rows, outputs, transform)];
  };
};

/**
 * Two classes with weights that name only one: by ONNX Runtime's rules, which the specification leaves open,
 * that is the score s of the second class. LOGISTIC answers sigmoid(-s) and sigmoid(s). Untransformed, s is a
 * probability where all weights are positive (1-s and s), else a margin (-s and s). The label is cut at 0.5
 * where all weights are positive, else at 0, transformed or not.
 */
function compileBinary(read: SettledTrees, transform: ScoreTransform): Kernel | { unsupported: string } {
  const { baseScores } = read;
  if (read.weightedClasses.length !== 1 || baseScores.length > 1) {
    // Here ONNX Runtime answers the label 1 or 0, whatever the classes are called.
    return {
      unsupported: 'A binary TreeEnsembleClassifier with two scores: runtimes disagree on its label.',
    };
  }
  if (read.postTransform === 'SOFTMAX')
    return { unsupported: 'A binary TreeEnsembleClassifier with one score and SOFTMAX.' };
  const scoreRows = createScorer(read);
  const base = baseScores[0] ?? 0;
  const [scored = 0] = read.weightedClasses;
  const isProbability = read.allWeightsPositive;
  const isLogistic = read.postTransform === 'LOGISTIC';
  const cut = isProbability ? 0.5 : 0;
  return ([input]) => {
    const { rows, scores } = scoreRows(requireTensor(input));
    for (let at = 0; at < scores.length; at += 2) {
      const sum = (scores[at + scored] as number) + base;
      const score = read.precision === 'float32' ? Math.fround(sum) : sum;
      scores[at] = isProbability && !isLogistic ? 1 - score : -score;
      scores[at + 1] = score;
    }
    const labels = labelTensor(read.classes, rows, (row) => ((scores[row * 2 + 1] as number) > cut ? 1 : 0));
    return [labels, probabilityTensor(scores, rows, 2, transform)];
  };
}

type Scorer = (input: OnnxTensor) => { rows: number; scores: Float64Array };

/** The sums of what the leaves say, by row and output: of small trees by their bits, of others by walking down each. */
function createScorer({ flat, small, features, outputs, precision }: SettledTrees): Scorer {
  const { roots, firstOutput, width, values } = flat;
  const vectors = new Int32Array(roots.length);
  // Where a leaf is one number, it is found without asking where the leaf's numbers stand.
  const leafValues =
    small !== undefined && width.every((size) => size === 1)
      ? Float64Array.from(small.leaves, (at) => values[at] ?? 0)
      : undefined;
  return (input) => {
    const [rows, columns] = matrixShape(input);
    if (columns < features) mismatch(`the trees read ${features} features, the input has ${columns}`);
    const data = featuresOf(input, precision);
    // Sums are float32, tree by tree, as in ONNX Runtime: where ten trees of 0.1 vote five to five it decides the label.
    const sums =
      precision === 'float32' ? new Float32Array(rows * outputs) : new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      if (small !== undefined) reachLeaves(small, data, row * columns, vectors);
      if (leafValues !== undefined) {
        for (let t = 0; t < vectors.length; t++) {
          const at = row * outputs + (firstOutput[t] as number);
          const value = leafValues[leafNumber(t, vectors[t] as number)] as number;
          sums[at] = (sums[at] as number) + value;
        }
        continue;
      }
      for (let t = 0; t < roots.length; t++) {
        const leaf =
          small === undefined
            ? leafOf(flat, t, data, row * columns)
            : leafOfVector(small, t, vectors[t] as number);
        const at = row * outputs + (firstOutput[t] as number);
        for (let k = 0; k < (width[t] as number); k++)
          sums[at + k] = (sums[at + k] as number) + (values[leaf + k] as number);
      }
    }
    return { rows, scores: sums instanceof Float64Array ? sums : new Float64Array(sums) };
  };
}

/** The numbers of the input in the precision in which the operator compares. */
function featuresOf(input: OnnxTensor, precision: SettledTrees['precision']): Float32Array | Float64Array {
  if (precision === 'float32')
    return input.type === 'float32' ? input.data : Float32Array.from(numbersOf(input));
  return input.type === 'float64' ? input.data : Float64Array.from(numbersOf(input));
}

function probabilityTensor(
  scores: Float64Array,
  rows: number,
  outputs: number,
  transform: ScoreTransform,
): OnnxTensor {
  transform(scores, outputs);
  return { type: 'float32', dims: [rows, outputs], data: new Float32Array(scores) };
}

export function labelTensor(
  classes: readonly number[] | readonly string[],
  rows: number,
  winner: (row: number) => number,
): OnnxTensor {
  if (typeof classes[0] === 'string') {
    return {
      type: 'string',
      dims: [rows],
      data: Array.from({ length: rows }, (_, row) => String(classes[winner(row)])),
    };
  }
  const labels = wholeLabels(classes as readonly number[]);
  const data = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++) data[row] = labels[winner(row)] ?? 0n;
  return { type: 'int64', dims: [rows], data };
}

const whole = new WeakMap<readonly number[], readonly bigint[]>();

/** The classes of a graph are the same in every request. */
function wholeLabels(classes: readonly number[]): readonly bigint[] {
  const known = whole.get(classes);
  if (known !== undefined) return known;
  const labels = classes.map((label) => BigInt(label));
  whole.set(classes, labels);
  return labels;
}

/** The first of the highest. */
export function highest(scores: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) {
    if ((scores[start + k] as number) > (scores[start + best] as number)) best = k;
  }
  return best;
}
