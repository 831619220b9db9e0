import { MlInputError } from '../ml-input-error.ts';
import { createRandom, type Random } from '../random.ts';
import { type BinnedFeatures, binFeatures } from './bin-features.ts';
import { type BoostingObjective, binaryLogLoss, softmaxLoss, squaredError } from './boosting-objective.ts';
import {
  checkDataset,
  checkRegressionLabels,
  checkWeights,
  codesOf,
  type Dataset,
  encodeClasses,
} from './dataset.ts';
import { writeGradientPairs } from './gradient-pairs.ts';
import { type GrownTree, growTree, toTree } from './grow-tree.ts';
import { createHistogramKernel } from './histogram-kernel.ts';
import { addTreeScores, type Tree, type TreeEnsemble } from './tree-ensemble.ts';

export interface GradientBoostingModel {
  readonly kind: 'gradient_boosting';
  readonly objective: 'binary' | 'multiclass' | 'regression';
  readonly featureNames: readonly string[];
  /** Ascending; empty for regression. */
  readonly classes: readonly number[];
  readonly ensemble: TreeEnsemble;
  /** Per feature, over all trees of the model. */
  readonly importance: { readonly gain: readonly number[]; readonly splits: readonly number[] };
}

export interface GradientBoostingInput {
  readonly features: BinnedFeatures | Dataset;
  /** Classification: integers, any two or more distinct ones. Regression: finite numbers. */
  readonly labels: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
  readonly validation?: {
    readonly features: Dataset;
    readonly labels: ArrayLike<number>;
    readonly weights?: ArrayLike<number>;
  };
}

export interface GradientBoostingOptions {
  readonly objective: 'binary' | 'multiclass' | 'regression';
  readonly seed: number;
  /** Trees per output; default 100. */
  readonly iterations?: number;
  /** Default 0.1. */
  readonly learningRate?: number;
  /** Default 31. */
  readonly maxLeaves?: number;
  /** Default 0: no limit. */
  readonly maxDepth?: number;
  /** Default 20. */
  readonly minSamplesLeaf?: number;
  /** Default 1e-3. */
  readonly minSumHessian?: number;
  /** L2 penalty on leaf values; default 0. */
  readonly lambda?: number;
  /** Default 0. */
  readonly minSplitGain?: number;
  /** Share of the features each tree may use, drawn anew per tree; default 1. */
  readonly featureFraction?: number;
  /** Share of the rows each iteration sees, drawn without replacement; default 1. */
  readonly baggingFraction?: number;
  /** Stop when the validation loss has not improved for so many iterations, and keep the best; default 0: off. */
  readonly earlyStoppingRounds?: number;
  /** Also compute the training loss after each iteration; default false. */
  readonly trainingLoss?: boolean;
  /** Called after each iteration; answering false stops, and the trees so far are the model. */
  readonly onIteration?: (progress: BoostingProgress) => unknown;
}

export interface BoostingProgress {
  /** From 1. */
  readonly iteration: number;
  readonly iterations: number;
  readonly trainingLoss: number | null;
  readonly validationLoss: number | null;
}

export interface GradientBoostingResult {
  readonly model: GradientBoostingModel;
  /** Iterations run. */
  readonly iterations: number;
  /** Iterations the model keeps. */
  readonly bestIteration: number;
  readonly stopped: 'finished' | 'early_stopping' | 'cancelled' | 'no_more_splits';
  readonly history: readonly Omit<BoostingProgress, 'iterations'>[];
}

/**
 * Histogram gradient boosting with leaf-wise trees (Friedman 2001; Ke et al. 2017). Binary and multiclass
 * log loss, or squared error. The same input, options and seed give the same model, bit for bit.
 * Leaf values are rounded to float32, so the exported graph holds exactly the trained model.
 * @throws MlInputError as binFeatures; LABELS_NOT_FINITE, LABELS_NOT_INTEGER, LABELS_ONE_CLASS,
 * LABELS_NOT_BINARY, LABELS_UNKNOWN_CLASS (validation), WEIGHTS_INVALID, OPTION_INVALID, ROWS_TOO_MANY
 */
export function trainGradientBoosting(
  input: GradientBoostingInput,
  options: GradientBoostingOptions,
): GradientBoostingResult {
  const settings = settingsOf(options);
  const binned = 'rowBins' in input.features ? input.features : binFeatures(input.features);
  const target = targetOf(input, binned.rows, options.objective);
  const { objective, weights } = target;
  const validation = input.validation ? prepareValidation(input.validation, target, binned) : null;
  if (settings.earlyStoppingRounds > 0 && !validation) {
    throw new MlInputError('OPTION_INVALID', 'earlyStoppingRounds needs validation rows.');
  }

  const { rows } = binned;
  const { outputs } = objective;
  const random = createRandom(options.seed);
  const kernel = createHistogramKernel(binned, settings.maxLeaves);
  const baseScores = objective.baseScores(target.labels, weights).map(Math.fround);
  const scores = repeatRow(baseScores, rows);
  const validationScores = validation ? repeatRow(baseScores, validation.rows) : null;
  const derivatives = new Float64Array(rows * 2);
  const trees: Tree[] = [];
  const history: Omit<BoostingProgress, 'iterations'>[] = [];
  let best = { iteration: 0, loss: Number.POSITIVE_INFINITY };
  let stopped: GradientBoostingResult['stopped'] = 'finished';

  for (let iteration = 1; iteration <= settings.iterations; iteration++) {
    const bag = settings.baggingFraction < 1 ? drawRows(random, rows, settings.baggingFraction) : null;
    // All trees of an iteration answer the same scores, so their derivatives come first.
    const before = outputs > 1 ? scores.slice() : scores;
    let splits = 0;
    for (let output = 0; output < outputs; output++) {
      objective.derivatives(before, target.labels, weights, output, derivatives);
      fillRowOrder(kernel.rowOrder, bag);
      const scale = writeGradientPairs(derivatives, kernel.pairs);
      const candidates = drawFeatures(random, binned.names.length, settings.featureFraction);
      const search = { kernel, bins: binned, scale, candidates, rules: settings };
      const grown = growTree(search, bag?.length ?? rows);
      const leafValues = valuesOfLeaves(grown, kernel.rowOrder, derivatives, settings);
      const tree = toTree(grown, binned, leafValues, output);
      splits += grown.leaves.length - 1;
      trees.push(tree);
      if (bag === null) addLeafValues(tree, grown, kernel.rowOrder, scores, outputs);
      else addBinnedTreeScores(tree, grown, binned, scores, outputs);
      if (validation && validationScores) {
        addTreeScores(tree, validation.columns, validation.rows, validationScores, outputs);
      }
    }
    if (splits === 0) {
      trees.length -= outputs;
      stopped = 'no_more_splits';
      break;
    }
    const trainingLoss = settings.trainingLoss ? objective.loss(scores, target.labels, weights) : null;
    const validationLoss =
      validation && validationScores
        ? objective.loss(validationScores, validation.labels, validation.weights)
        : null;
    history.push({ iteration, trainingLoss, validationLoss });
    if (validationLoss !== null && validationLoss < best.loss) best = { iteration, loss: validationLoss };
    if (
      options.onIteration?.({ iteration, iterations: settings.iterations, trainingLoss, validationLoss }) ===
      false
    ) {
      stopped = 'cancelled';
      break;
    }
    if (settings.earlyStoppingRounds > 0 && iteration - best.iteration >= settings.earlyStoppingRounds) {
      stopped = 'early_stopping';
      break;
    }
  }

  const bestIteration = settings.earlyStoppingRounds > 0 ? best.iteration : history.length;
  const kept = trees.slice(0, bestIteration * outputs);
  const ensemble = { features: binned.names.length, outputs, baseScores, trees: kept };
  return {
    model: {
      kind: 'gradient_boosting',
      objective: options.objective,
      featureNames: [...binned.names],
      classes: target.classes,
      ensemble,
      importance: importanceOf(ensemble),
    },
    iterations: history.length,
    bestIteration,
    stopped,
    history,
  };
}

interface Target {
  readonly objective: BoostingObjective;
  readonly classes: number[];
  readonly labels: ArrayLike<number>;
  readonly weights: ArrayLike<number> | null;
}

function targetOf(
  input: GradientBoostingInput,
  rows: number,
  kind: GradientBoostingOptions['objective'],
): Target {
  const weights = input.weights ?? null;
  if (weights) checkWeights(weights, rows);
  if (kind === 'regression') {
    checkRegressionLabels(input.labels, rows);
    return { objective: squaredError, classes: [], labels: Float64Array.from(input.labels), weights };
  }
  const { classes, codes } = encodeClasses(input.labels, rows);
  if (kind === 'multiclass') {
    return { objective: softmaxLoss(classes.length), classes, labels: codes, weights };
  }
  if (classes.length !== 2) {
    throw new MlInputError(
      'LABELS_NOT_BINARY',
      `There are ${classes.length} classes; the objective "binary" needs two. Use "multiclass".`,
    );
  }
  return { objective: binaryLogLoss, classes, labels: codes, weights };
}

interface Validation {
  readonly rows: number;
  readonly columns: readonly Float32Array[];
  readonly labels: ArrayLike<number>;
  readonly weights: ArrayLike<number> | null;
}

function prepareValidation(
  validation: NonNullable<GradientBoostingInput['validation']>,
  target: Target,
  binned: BinnedFeatures,
): Validation {
  const { features } = validation;
  checkDataset(features, 'allow');
  if (features.columns.length !== binned.names.length) {
    throw new MlInputError(
      'FEATURE_COUNT_MISMATCH',
      `The validation rows have ${features.columns.length} features, the training rows ${binned.names.length}.`,
    );
  }
  if (validation.weights) checkWeights(validation.weights, features.rows);
  if (target.classes.length === 0) checkRegressionLabels(validation.labels, features.rows);
  return {
    rows: features.rows,
    columns: features.columns.map((column) => Float32Array.from(column)),
    labels:
      target.classes.length === 0
        ? validation.labels
        : codesOf(validation.labels, features.rows, target.classes),
    weights: validation.weights ?? null,
  };
}

type Settings = Required<Omit<GradientBoostingOptions, 'objective' | 'seed' | 'onIteration'>>;

function settingsOf(options: GradientBoostingOptions): Settings {
  const settings = {
    iterations: options.iterations ?? 100,
    learningRate: options.learningRate ?? 0.1,
    maxLeaves: options.maxLeaves ?? 31,
    maxDepth: options.maxDepth ?? 0,
    minSamplesLeaf: options.minSamplesLeaf ?? 20,
    minSumHessian: options.minSumHessian ?? 1e-3,
    lambda: options.lambda ?? 0,
    minSplitGain: options.minSplitGain ?? 0,
    featureFraction: options.featureFraction ?? 1,
    baggingFraction: options.baggingFraction ?? 1,
    earlyStoppingRounds: options.earlyStoppingRounds ?? 0,
    trainingLoss: options.trainingLoss ?? false,
  };
  const integer = (name: keyof typeof settings, low: number) =>
    require(name, settings[name], Number.isInteger(settings[name]) &&
      Number(settings[name]) >= low, `an integer of at least ${low}`);
  const within = (name: keyof typeof settings, ok: (value: number) => boolean, what: string) =>
    require(name, settings[name], ok(Number(settings[name])) && Number.isFinite(settings[name]), what);
  integer('iterations', 1);
  integer('maxLeaves', 2);
  integer('maxDepth', 0);
  integer('minSamplesLeaf', 0);
  integer('earlyStoppingRounds', 0);
  within('learningRate', (value) => value > 0, 'above 0');
  for (const name of ['minSumHessian', 'lambda', 'minSplitGain'] as const)
    within(name, (value) => value >= 0, '0 or more');
  for (const name of ['featureFraction', 'baggingFraction'] as const) {
    within(name, (value) => value > 0 && value <= 1, 'above 0 and at most 1');
  }
  return settings;
}

function require(name: string, value: unknown, ok: boolean, what: string): void {
  if (!ok) throw new MlInputError('OPTION_INVALID', `${name} is ${String(value)}; it must be ${what}.`);
}

function repeatRow(row: readonly number[], rows: number): Float64Array {
  const scores = new Float64Array(rows * row.length);
  for (let at = 0; at < scores.length; at++) scores[at] = row[at % row.length] as number;
  return scores;
}

function fillRowOrder(rowOrder: Uint32Array, bag: Uint32Array | null): void {
  if (bag) rowOrder.set(bag);
  else for (let row = 0; row < rowOrder.length; row++) rowOrder[row] = row;
}

/** About `fraction` of the rows, ascending, exactly round(rows × fraction) of them (Knuth's algorithm S). */
function drawRows(random: Random, rows: number, fraction: number): Uint32Array {
  const wanted = Math.max(1, Math.round(rows * fraction));
  const drawn = new Uint32Array(wanted);
  let taken = 0;
  for (let row = 0; taken < wanted; row++) {
    if (random.next() * (rows - row) < wanted - taken) drawn[taken++] = row;
  }
  return drawn;
}

function drawFeatures(random: Random, features: number, fraction: number): Uint32Array {
  if (fraction >= 1) return Uint32Array.from({ length: features }, (_, f) => f);
  return drawRows(random, features, fraction);
}

/** −G/(H+λ) times the learning rate, from the unrounded derivatives of each leaf's rows. */
function valuesOfLeaves(
  grown: GrownTree,
  rowOrder: Uint32Array,
  derivatives: Float64Array,
  settings: Settings,
): number[] {
  return grown.leaves.map(({ start, end }) => {
    let g = 0;
    let h = settings.lambda;
    for (let i = start; i < end; i++) {
      const row = rowOrder[i] as number;
      g += derivatives[2 * row] as number;
      h += derivatives[2 * row + 1] as number;
    }
    return h > 0 ? Math.fround((-g / h) * settings.learningRate) : 0;
  });
}

/** As addTreeScores, where each training row stands with its leaf. */
function addLeafValues(
  { values, firstOutput }: Tree,
  grown: GrownTree,
  rowOrder: Uint32Array,
  scores: Float64Array,
  outputs: number,
): void {
  for (const { node, start, end } of grown.leaves) {
    const value = values[node] ?? 0;
    for (let at = start; at < end; at++) {
      const score = (rowOrder[at] as number) * outputs + firstOutput;
      scores[score] = (scores[score] as number) + value;
    }
  }
}

/** As addTreeScores, over the training rows' bins; rows outside the bag need it. */
function addBinnedTreeScores(
  tree: Tree,
  grown: GrownTree,
  binned: BinnedFeatures,
  scores: Float64Array,
  outputs: number,
): void {
  const { feature, left, right, missingLeft, values, firstOutput } = tree;
  const { rowBins } = binned;
  const features = binned.names.length;
  const bin = Uint8Array.from(grown.nodes, (node) => node.split?.bin ?? 0);
  const missingBin = Int32Array.from(grown.nodes, ({ split }) => {
    if (!split || !binned.hasMissing[split.feature]) return -1;
    return binned.edges[split.feature]?.length ?? -1;
  });
  for (let row = 0; row < binned.rows; row++) {
    let node = 0;
    for (;;) {
      const f = feature[node] as number;
      if (f < 0) break;
      const value = rowBins[row * features + f] as number;
      const goesLeft =
        value <= (bin[node] as number) || (value === missingBin[node] && missingLeft[node] === 1);
      node = (goesLeft ? left[node] : right[node]) as number;
    }
    const at = row * outputs + firstOutput;
    scores[at] = (scores[at] as number) + (values[node] as number);
  }
}

function importanceOf(ensemble: TreeEnsemble): { gain: number[]; splits: number[] } {
  const gain = new Array<number>(ensemble.features).fill(0);
  const splits = new Array<number>(ensemble.features).fill(0);
  for (const tree of ensemble.trees) {
    for (let node = 0; node < tree.feature.length; node++) {
      const f = tree.feature[node] as number;
      if (f < 0) continue;
      gain[f] = (gain[f] as number) + (tree.gain[node] as number);
      splits[f] = (splits[f] as number) + 1;
    }
  }
  return { gain, splits };
}
