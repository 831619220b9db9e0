import { setTimeout as pause } from 'node:timers/promises';
import type { ModelSignature, RulePredictor } from '@esteira/contracts';
import { InferenceError, inferenceError, invalidRequest } from '../inference-error.ts';
import type { InferRequest } from '../protocol/infer-request.ts';
import { numberAt, rowWidth, type Tensor, takeRows } from '../protocol/tensor.ts';
import type { CachedOutputs } from './answer-cache.ts';
import { type Arm, type EndpointState, type Predictor, readingOf } from './endpoint-state.ts';
import { type FeatureBatch, selectRows, toFeatureBatch } from './feature-batch.ts';
import type { ModelStream } from './model-stream.ts';
import { answerByRule } from './rule.ts';

/** How an arm answered: itself, by the endpoint's fallback, or not at all. */
export type ArmAnswer =
  | ({ readonly kind: 'ok' } & Given)
  | ({ readonly kind: 'fallback'; readonly cause: InferenceError } & Given)
  | { readonly kind: 'failed'; readonly error: InferenceError };

interface Given {
  readonly by: Predictor;
  readonly reading: Reading;
  readonly batch: FeatureBatch;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** The model was not asked: an equal question had been answered. */
  readonly cached: boolean;
}

type Reading = NonNullable<EndpointState['reading']>;

/**
 * Asks an arm about the given rows (all when undefined), and the endpoint's fallback when the arm fails or takes too long.
 * At once where nobody has to be waited for. A request that the primary cannot read is the caller's error; one that only a
 * candidate cannot read is the candidate's.
 */
export function askArm(
  endpoint: EndpointState,
  arm: Arm,
  request: InferRequest,
  rows: readonly number[] | undefined,
): ArmAnswer | Promise<ArmAnswer> {
  const failed = (error: unknown) => fallBack(endpoint, arm, request, rows, error);
  try {
    const given = ask(endpoint, arm.predictor, request, rows);
    return given instanceof Promise ? given.then(asOk, failed) : asOk(given);
  } catch (error) {
    return failed(error);
  }
}

function asOk(given: Given): ArmAnswer {
  // Written out: a spread takes several times as long.
  const { by, reading, batch, outputs, cached } = given;
  return { kind: 'ok', by, reading, batch, outputs, cached };
}

async function fallBack(
  endpoint: EndpointState,
  arm: Arm,
  request: InferRequest,
  rows: readonly number[] | undefined,
  error: unknown,
): Promise<ArmAnswer> {
  // What the model began is not gone on with behind another's answer.
  request.stream?.opened?.cancel();
  delete request.stream?.opened;
  const own = toCause(error, endpoint);
  const cause = own.status < 500 && request.doubt !== undefined ? request.doubt : own;
  const callersFault =
    request.doubt === undefined &&
    cause.status < 500 &&
    (arm.role === 'primary' || !primaryCanRead(endpoint, request));
  if (callersFault || cause.code === 'SERVER_OVERLOADED' || endpoint.fallback === undefined) {
    return {
      kind: 'failed',
      error: callersFault || cause === request.doubt || cause.status >= 500 ? cause : failed(endpoint, cause),
    };
  }
  try {
    const sound = { ...endpoint, document: { ...endpoint.document, fault: null } };
    return { kind: 'fallback', cause, ...(await ask(sound, endpoint.fallback, request, rows)) };
  } catch (second) {
    return { kind: 'failed', error: failed(endpoint, second) };
  }
}

function ask(
  endpoint: EndpointState,
  predictor: Predictor,
  request: InferRequest,
  rows: readonly number[] | undefined,
): Given | Promise<Given> {
  if (predictor.kind === 'rule') return answerInPlace(endpoint, predictor, predictor.rule, request, rows);
  const reading = readingOf(predictor);
  const { rule } = reading.signature;
  if (rule !== undefined && endpoint.reading?.modelVersionId !== reading.modelVersionId)
    return answerInPlace(endpoint, predictor, rule, request, rows);
  const batch = read(endpoint, reading, request, rows);
  const toGiven = ({ outputs, cached }: CachedOutputs): Given => ({
    by: predictor,
    reading,
    batch,
    outputs,
    cached,
  });
  const answered = runOrRemember(endpoint, predictor, batch, request);
  return answered instanceof Promise ? answered.then(toGiven) : toGiven(answered);
}

/** A drill asks the model itself, and pieces are not kept. */
function runOrRemember(
  endpoint: EndpointState,
  predictor: Extract<Predictor, { kind: 'version' }>,
  batch: FeatureBatch,
  request: InferRequest,
): CachedOutputs | Promise<CachedOutputs> {
  const { cache, document } = endpoint;
  const { signature, bundle } = predictor;
  const mustAsk = document.fault !== null || request.stream !== undefined;
  if (!mustAsk && cache?.keeps(signature) === true)
    return cache.answer(bundle.digest, batch, () => runSoundly(endpoint, predictor, batch, request));
  const outputs = runSoundly(endpoint, predictor, batch, request);
  return outputs instanceof Promise ? outputs.then(fresh) : fresh(outputs);
}

function fresh(outputs: ReadonlyMap<string, Tensor>): CachedOutputs {
  return { outputs, cached: false };
}

/** Throws or rejects where the answer is broken. */
function runSoundly(
  endpoint: EndpointState,
  predictor: Extract<Predictor, { kind: 'version' }>,
  batch: FeatureBatch,
  request: InferRequest,
): ReadonlyMap<string, Tensor> | Promise<ReadonlyMap<string, Tensor>> {
  const accept = (outputs: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> => {
    refuseBrokenScores(outputs, predictor.signature, batch.rows);
    return outputs;
  };
  const outputs = run(endpoint, predictor, batch, request);
  return outputs instanceof Promise ? outputs.then(accept) : accept(outputs);
}

/** A rule says itself what it does without a value. */
function withGaps({ modelVersionId, signature }: Reading): Reading {
  const features = signature.features.map((feature) => ({ ...feature, missing: true }));
  return { modelVersionId, signature: { ...signature, features } };
}

/** A rule that stands in for the endpoint's model reads requests as that does, and answers in its shape. */
function answerInPlace(
  endpoint: EndpointState,
  by: Predictor,
  rule: RulePredictor,
  request: InferRequest,
  rows: readonly number[] | undefined,
): Given {
  const { reading } = endpoint;
  if (reading === undefined) throw inferenceError('MODEL_NOT_READY', { model: endpoint.document.name });
  const batch = read(endpoint, request.doubt === undefined ? reading : withGaps(reading), request, rows);
  const columns = new Map(
    request.inputs.map((tensor) => [tensor.name, rows === undefined ? tensor : takeRows(tensor, rows)]),
  );
  return {
    by,
    reading,
    batch,
    outputs: answerByRule(rule, reading.signature, batch, columns),
    cached: false,
  };
}

function read(
  endpoint: EndpointState,
  { signature }: Reading,
  request: InferRequest,
  rows: readonly number[] | undefined,
): FeatureBatch {
  const { knownColumns, document } = endpoint;
  const whole = toFeatureBatch(request.inputs, signature, knownColumns, document.policies);
  return rows === undefined ? whole : selectRows(whole, rows);
}

function run(
  endpoint: EndpointState,
  predictor: Extract<Predictor, { kind: 'version' }>,
  batch: FeatureBatch,
  request: InferRequest,
): ReadonlyMap<string, Tensor> | Promise<ReadonlyMap<string, Tensor>> {
  const { fault, name, limits } = endpoint.document;
  if (fault === null && request.stream !== undefined && predictor.runner.stream !== undefined) {
    if (streamsOneRow(predictor.signature) && batch.rows !== 1)
      throw invalidRequest(`the answer in pieces is to one row; the request has ${batch.rows}`);
    return firstPiece(predictor.runner.stream(batch, name, limits.timeoutMs), request.stream);
  }
  if (fault === null) return predictor.runner.run(batch, name, limits.timeoutMs);
  return fault === 'kill' ? predictor.runner.runAndKill(batch) : neverAnswer(name, limits.timeoutMs);
}

/** MLflow's `predict_stream` takes one input, and so does a model that is asked by a document. */
function streamsOneRow({ python }: ModelSignature): boolean {
  return python?.kind === 'mlflow' || python?.form === 'document';
}

async function firstPiece(
  opened: ModelStream,
  slot: NonNullable<InferRequest['stream']>,
): Promise<ReadonlyMap<string, Tensor>> {
  const first = await opened.next();
  if (first === undefined) throw new Error('The model gave no piece of an answer.');
  slot.opened = opened;
  return first;
}

async function neverAnswer(model: string, timeoutMs: number): Promise<never> {
  await pause(timeoutMs);
  throw inferenceError('MODEL_TIMED_OUT', { model, timeoutMs });
}

/** A model that answers NaN or infinity has failed, whatever it thinks. */
function refuseBrokenScores(
  outputs: ReadonlyMap<string, Tensor>,
  signature: ModelSignature,
  rows: number,
): void {
  const tensor = outputs.get(signature.score.output);
  if (tensor === undefined) throw new Error(`The model gave no output ${signature.score.output}.`);
  const width = rowWidth(tensor);
  for (let row = 0; row < rows; row++) {
    if (!Number.isFinite(numberAt(tensor, row * width + signature.score.column))) {
      throw new Error(`The score of row ${row} is not finite.`);
    }
  }
}

function primaryCanRead(endpoint: EndpointState, request: InferRequest): boolean {
  if (endpoint.reading === undefined) return false;
  try {
    read(endpoint, endpoint.reading, request, undefined);
    return true;
  } catch {
    return false;
  }
}

function toCause(error: unknown, endpoint: EndpointState): InferenceError {
  if (error instanceof InferenceError) return error;
  return failed(endpoint, error);
}

function failed(endpoint: EndpointState, cause: unknown): InferenceError {
  return inferenceError('MODEL_FAILED', { model: endpoint.document.name }, cause);
}
