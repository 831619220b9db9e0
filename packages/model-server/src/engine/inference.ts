import type { SpooledPrediction } from '@esteira/contracts';
import { InferenceError, inferenceError, invalidRequest } from '../inference-error.ts';
import { createLineBuffer } from '../log/line-buffer.ts';
import { type LoggedAnswer, writePredictionLines } from '../log/prediction-lines.ts';
import type { PredictionSpool } from '../log/prediction-spool.ts';
import type { InferAnswer, InferRequest } from '../protocol/infer-request.ts';
import { copyRow, emptyTensor, numberAt, rowWidth, type Tensor } from '../protocol/tensor.ts';
import { type ArmAnswer, askArm } from './ask-arm.ts';
import { armAt, assignmentPoint } from './assign-arm.ts';
import { type Arm, type EndpointState, predictorName, predictorVersion } from './endpoint-state.ts';
import { countRows } from './feature-batch.ts';
import { type RequestKeys, readRequestKeys } from './request-keys.ts';
import type { HandledRow } from './request-policies.ts';

/** Who asks and how. */
export interface InferenceOptions {
  /** The version the caller chose; undefined leaves the choice to the traffic split. */
  readonly version?: string;
  readonly purpose: 'user' | 'probe';
  /** `performance.now()` when the request came in. */
  readonly receivedAt: number;
}

/** Answers requests: choice of the arm, model, fallback, log, shadow. */
export interface Inference {
  /** The answer, once its record is written. Throws InferenceError; what was refused or failed is logged as well. */
  answer(endpoint: EndpointState, request: InferRequest, options: InferenceOptions): Promise<InferAnswer>;
  /** Logs a request that could not even be read. */
  refuse(endpoint: EndpointState, error: InferenceError, options: InferenceOptions): Promise<void>;
  /** Logs that an answer in pieces broke off, as a row of its own beside that of its beginning. */
  broken(
    endpoint: EndpointState,
    answer: InferAnswer,
    error: InferenceError,
    options: InferenceOptions,
  ): Promise<void>;
  /** Logs that an answer in pieces came to its end: no prediction, but how many pieces there were and how long they took. */
  ended(
    endpoint: EndpointState,
    answer: InferAnswer,
    pieces: number,
    options: InferenceOptions,
  ): Promise<void>;
}

export interface InferenceDeps {
  readonly spool: PredictionSpool;
  readonly boot: string;
  readonly now: () => number;
  readonly newId: () => string;
  readonly random: () => number;
  readonly onProblem: (problem: {
    endpoint: string;
    predictor: string;
    predictionId: string;
    error: unknown;
  }) => void;
}

interface Part {
  readonly arm: Arm;
  readonly rows: readonly number[];
  readonly whole: boolean;
}

// Copies for the shadow that may wait or run at once; more would take the machine from those who wait for an answer.
const maximumShadows = 64;
const oneRow = [0];
/** What is logged of a row that nothing was answered to. */
const nothing = { modelVersionId: null, features: null, scores: null, labels: null };
/** A row that stands for a request, not for one of its rows. */
const alone = { rows: oneRow, entityKey: () => null, unit: () => null, eventTime: () => null };

export function createInference(deps: InferenceDeps): Inference {
  const lines = createLineBuffer();
  let shadows = 0;

  return {
    answer(served, request, options) {
      const { policies, cache } = served.document;
      const asked = (policies ?? cache) !== undefined && options.purpose === 'probe';
      const endpoint = asked ? asOfItself(served) : served;
      const predictionId = deps.newId();
      let keys: RequestKeys;
      let parts: readonly Part[];
      try {
        const rows = countRows(request.inputs);
        if (rows > endpoint.document.limits.maxRows) {
          throw invalidRequest(
            `it has ${rows} rows; this endpoint takes at most ${endpoint.document.limits.maxRows} at once`,
          );
        }
        refuseUnknownOutputs(endpoint, request);
        keys = readRequestKeys(request.parameters, rows);
        // A stream is of one arm.
        const together = request.stream === undefined ? keys : { ...keys, perRow: false };
        parts = chooseArms(endpoint, together, rows, predictionId, options.version);
      } catch (error) {
        const known = toInferenceError(error, endpoint);
        return logRefusal(endpoint, known, request.id ?? null, predictionId, options).then(() => {
          throw error;
        });
      }
      const finish = (answers: readonly ArmAnswer[]): Promise<InferAnswer> => {
        const logged = toLogged(endpoint, request, options, predictionId, keys, parts, answers);
        return append(endpoint, logged, () => {
          refuseFailed(endpoint, predictionId, answers);
          copyToShadow(endpoint, request, options, predictionId, keys);
          return toAnswer(endpoint, request, predictionId, parts, answers);
        });
      };
      const answers = askParts(endpoint, request, parts);
      return answers instanceof Promise ? answers.then(finish) : finish(answers);
    },
    async broken(endpoint, answer, error, options) {
      await logRefusal(endpoint, error, answer.id ?? null, endOf(answer), options);
    },
    async ended(endpoint, answer, pieces, options) {
      const latencyMs = performance.now() - options.receivedAt;
      const logged: LoggedAnswer = {
        ...head(endpoint, endOf(answer), answer.id ?? null, latencyMs),
        ...nothing,
        status: 'ok',
        code: null,
        first: endpoint.counters.allot(1),
        arm: 'end',
        ...alone,
        pieces,
      };
      await append(endpoint, [logged], () => {});
    },
    async refuse(endpoint, error, options) {
      await logRefusal(endpoint, error, null, deps.newId(), options);
    },
  };

  function refuseFailed(endpoint: EndpointState, predictionId: string, answers: readonly ArmAnswer[]): void {
    for (const answer of answers) {
      if (answer.kind !== 'failed') continue;
      const { error } = answer;
      if (error.status >= 500)
        deps.onProblem({ endpoint: endpoint.document.name, predictor: '', predictionId, error });
      throw error;
    }
  }

  /** Counts the answers, and gives what is to be logged of them. */
  function toLogged(
    endpoint: EndpointState,
    request: InferRequest,
    options: InferenceOptions,
    predictionId: string,
    keys: RequestKeys,
    parts: readonly Part[],
    answers: readonly ArmAnswer[],
  ): readonly LoggedAnswer[] {
    const latencyMs = performance.now() - options.receivedAt;
    const { document, counters } = endpoint;
    const logged: LoggedAnswer[] = [];
    for (const [position, part] of parts.entries()) {
      const answer = answers[position];
      if (answer === undefined) continue;
      const { modelVersionId, status, code, features, scores, labels } = describe(answer);
      const cached = isCached(answer);
      logged.push({
        predictionId,
        requestId: request.id ?? null,
        boot: deps.boot,
        at: deps.now(),
        endpoint: document.name,
        revision: document.revision,
        latencyMs,
        modelVersionId,
        status,
        code,
        features,
        scores,
        labels,
        online: request.online,
        cached,
        first: counters.allot(part.rows.length),
        arm: options.purpose === 'probe' ? 'probe' : part.arm.role,
        rows: part.rows,
        entityKey: keys.entityKey,
        unit: (row) => (options.version === undefined ? (keys.entityKey(row) ?? predictionId) : null),
        eventTime: keys.eventTime,
      });
      const handled = features?.batch.handled;
      if (handled !== undefined) countHandled(counters, handled);
      endpoint.counters.count(
        part.arm.role,
        predictorName(part.arm.predictor),
        part.rows.length,
        statusOf(answer),
        latencyMs,
      );
      if (cached) counters.answeredFromCache();
      if (answer.kind === 'fallback') {
        deps.onProblem({
          endpoint: endpoint.document.name,
          predictor: predictorName(part.arm.predictor),
          predictionId,
          error: answer.cause,
        });
      }
    }
    return logged;
  }

  /** What `then` gives, once the answers are in the log. */
  function append<T>(endpoint: EndpointState, answers: readonly LoggedAnswer[], then: () => T): Promise<T> {
    lines.clear();
    for (const answer of answers) writePredictionLines(lines, answer);
    return deps.spool.append(lines.written()).then(then, (error: unknown) => {
      endpoint.counters.giveBack(answers.reduce((rows, answer) => rows + answer.rows.length, 0));
      throw error;
    });
  }

  async function logRefusal(
    endpoint: EndpointState,
    error: InferenceError,
    requestId: string | null,
    predictionId: string,
    options: InferenceOptions,
  ): Promise<void> {
    const latencyMs = performance.now() - options.receivedAt;
    const logged: LoggedAnswer = {
      ...head(endpoint, predictionId, requestId, latencyMs),
      ...describe({ kind: 'failed', error }),
      first: endpoint.counters.allot(1),
      arm: options.purpose === 'probe' ? 'probe' : 'primary',
      ...alone,
    };
    await append(endpoint, [logged], () => {});
  }

  function head(endpoint: EndpointState, predictionId: string, requestId: string | null, latencyMs: number) {
    return {
      predictionId,
      requestId,
      boot: deps.boot,
      at: deps.now(),
      endpoint: endpoint.document.name,
      revision: endpoint.document.revision,
      latencyMs,
    };
  }

  /** Off the request path: the answer has been made before, and nobody waits for this one. */
  function copyToShadow(
    endpoint: EndpointState,
    request: InferRequest,
    options: InferenceOptions,
    predictionId: string,
    keys: RequestKeys,
  ): void {
    const { shadow } = endpoint;
    if (shadow === undefined || options.purpose === 'probe' || options.version !== undefined) return;
    if (shadow.share < 1 && deps.random() >= shadow.share) return;
    if (shadows >= maximumShadows) {
      endpoint.counters.shadowDropped();
      return;
    }
    shadows += 1;
    setImmediate(async () => {
      try {
        const started = performance.now();
        const arm: Arm = { role: 'canary', weight: 0, predictor: shadow.predictor };
        const { stream: _, ...whole } = request;
        const answer = await askArm(
          { ...endpoint, fallback: undefined, cache: undefined },
          arm,
          whole,
          undefined,
        );
        const latencyMs = performance.now() - started;
        const rows = Array.from({ length: countRows(request.inputs) }, (_, row) => row);
        endpoint.counters.count(
          'shadow',
          predictorName(shadow.predictor),
          rows.length,
          statusOf(answer),
          latencyMs,
        );
        const logged: LoggedAnswer = {
          ...head(endpoint, predictionId, request.id ?? null, latencyMs),
          ...describe(answer),
          first: endpoint.counters.allot(rows.length),
          modelVersionId: predictorName(shadow.predictor),
          arm: 'shadow',
          rows,
          entityKey: keys.entityKey,
          unit: (row) => keys.entityKey(row) ?? predictionId,
          eventTime: keys.eventTime,
        };
        await append(endpoint, [logged], () => {});
      } catch (error) {
        endpoint.counters.shadowDropped();
        deps.onProblem({ endpoint: endpoint.document.name, predictor: 'shadow', predictionId, error });
      } finally {
        shadows -= 1;
      }
    });
  }
}

/** One arm after the other; at once when none has to be waited for. */
function askParts(
  endpoint: EndpointState,
  request: InferRequest,
  parts: readonly Part[],
): readonly ArmAnswer[] | Promise<readonly ArmAnswer[]> {
  const answers: ArmAnswer[] = [];
  for (const [position, part] of parts.entries()) {
    const answer = askArm(endpoint, part.arm, request, part.whole ? undefined : part.rows);
    if (answer instanceof Promise) return askRest(endpoint, request, parts.slice(position), answers, answer);
    answers.push(answer);
  }
  return answers;
}

async function askRest(
  endpoint: EndpointState,
  request: InferRequest,
  [, ...rest]: readonly Part[],
  before: readonly ArmAnswer[],
  current: Promise<ArmAnswer>,
): Promise<readonly ArmAnswer[]> {
  const answers = [...before, await current];
  for (const part of rest)
    answers.push(await askArm(endpoint, part.arm, request, part.whole ? undefined : part.rows));
  return answers;
}

function refuseUnknownOutputs(endpoint: EndpointState, request: InferRequest): void {
  for (const output of request.outputs ?? []) {
    if (endpoint.reading?.signature.outputs.some((known) => known.name === output.name) === false) {
      throw invalidRequest(`the model has no output ${output.name}`);
    }
  }
}

function chooseArms(
  endpoint: EndpointState,
  keys: RequestKeys,
  rows: number,
  predictionId: string,
  version: string | undefined,
): readonly Part[] {
  const every = rows === 1 ? oneRow : Array.from({ length: rows }, (_, row) => row);
  const first = endpoint.arms[0];
  if (first === undefined || endpoint.reading === undefined)
    throw inferenceError('MODEL_NOT_READY', { model: endpoint.document.name });
  if (version !== undefined) {
    const arm = endpoint.arms.find((candidate) => predictorVersion(candidate.predictor) === version);
    if (arm === undefined)
      throw inferenceError('SERVED_VERSION_NOT_FOUND', { model: endpoint.document.name, version });
    return [{ arm, rows: every, whole: true }];
  }
  if (endpoint.arms.length === 1) return [{ arm: first, rows: every, whole: true }];
  const salt = `${endpoint.document.name} ${endpoint.arms.map((arm) => predictorName(arm.predictor)).at(-1)}`;
  const armOf = (row: number): Arm =>
    armAt(endpoint.arms, assignmentPoint(salt, keys.entityKey(row) ?? predictionId)) ?? first;
  if (!keys.perRow || !endpoint.splittable) return [{ arm: armOf(0), rows: every, whole: true }];
  const byArm = new Map<Arm, number[]>();
  for (const row of every) {
    const arm = armOf(row);
    const chosen = byArm.get(arm);
    if (chosen === undefined) byArm.set(arm, [row]);
    else chosen.push(row);
  }
  return [...byArm].map(([arm, chosen]) => ({ arm, rows: chosen, whole: byArm.size === 1 }));
}

/** The id under which the end of an answer in pieces is logged. */
function endOf({ parameters }: InferAnswer): string {
  return `${String(parameters.prediction_id)}-end`;
}

function statusOf(answer: ArmAnswer): SpooledPrediction['st'] {
  if (answer.kind !== 'failed') return answer.kind;
  return answer.error.status < 500 ? 'invalid' : 'error';
}

function isCached(answer: ArmAnswer): boolean {
  return answer.kind !== 'failed' && answer.cached;
}

type DescribedAnswer = Pick<
  LoggedAnswer,
  'modelVersionId' | 'status' | 'code' | 'features' | 'scores' | 'labels'
>;

function describe(answer: ArmAnswer): DescribedAnswer {
  if (answer.kind === 'failed') {
    const { code } = answer.error;
    return { ...nothing, status: statusOf(answer), code };
  }
  const { reading, batch, outputs } = answer;
  const rows = batch.rows;
  const scores: number[] = [];
  const scoreTensor = outputs.get(reading.signature.score.output);
  const labelTensor = reading.signature.label === null ? undefined : outputs.get(reading.signature.label);
  const width = scoreTensor === undefined ? 0 : rowWidth(scoreTensor);
  const { column } = reading.signature.score;
  const labels: (number | string)[] = [];
  for (let row = 0; row < rows; row++) {
    scores.push(scoreTensor === undefined ? 0 : numberAt(scoreTensor, row * width + column));
    if (labelTensor === undefined) continue;
    labels.push(
      labelTensor.datatype === 'BYTES' ? (labelTensor.data[row] ?? '') : numberAt(labelTensor, row),
    );
  }
  return {
    modelVersionId: predictorName(answer.by),
    status: answer.kind,
    code: answer.kind === 'fallback' ? answer.cause.code : null,
    features: { of: reading.modelVersionId, signature: reading.signature, batch },
    scores,
    labels: labelTensor === undefined ? null : labels,
  };
}

function toAnswer(
  endpoint: EndpointState,
  request: InferRequest,
  predictionId: string,
  parts: readonly Part[],
  answers: readonly ArmAnswer[],
): InferAnswer {
  const given = answers.filter((answer) => answer.kind !== 'failed');
  const first = given[0];
  if (first === undefined) throw inferenceError('MODEL_FAILED', { model: endpoint.document.name });
  const names =
    request.outputs?.map((output) => output.name) ??
    first.reading.signature.outputs.map((output) => output.name);
  const outputs: Tensor[] = [];
  for (const name of names) {
    const tensor = parts.length === 1 ? first.outputs.get(name) : joinParts(name, parts, given);
    if (tensor !== undefined) outputs.push(tensor);
  }
  const parameters: Record<string, string | boolean> = {
    prediction_id: predictionId,
    arm: parts.map((part) => part.arm.role).join(','),
  };
  if (given.every(isCached)) parameters.cached = true;
  const fallback = given.find((answer) => answer.kind === 'fallback');
  if (fallback !== undefined) {
    parameters.fallback = true;
    parameters.fallback_by = predictorName(fallback.by);
    parameters.fallback_reason = fallback.cause.code;
  }
  return {
    model: endpoint.document.name,
    version: predictorVersion(first.by),
    id: request.id,
    parameters,
    outputs,
  };
}

function joinParts(
  name: string,
  parts: readonly Part[],
  answers: readonly Exclude<ArmAnswer, { kind: 'failed' }>[],
): Tensor | undefined {
  const like = answers[0]?.outputs.get(name);
  if (like === undefined) return undefined;
  const joined = emptyTensor(
    like,
    parts.reduce((rows, part) => rows + part.rows.length, 0),
  );
  const width = rowWidth(like);
  for (const [position, part] of parts.entries()) {
    const tensor = answers[position]?.outputs.get(name);
    if (tensor === undefined) continue;
    for (const [from, to] of part.rows.entries()) copyRow(tensor, from, joined, to, width);
  }
  return joined;
}

function toInferenceError(error: unknown, endpoint: EndpointState): InferenceError {
  return error instanceof InferenceError
    ? error
    : inferenceError('MODEL_FAILED', { model: endpoint.document.name }, error);
}

/** The platform asks what the model answers and how fast, whatever callers may send and have asked before. */
function asOfItself(endpoint: EndpointState): EndpointState {
  const { policies: _, ...document } = endpoint.document;
  return { ...endpoint, document, cache: undefined };
}

function countHandled(counters: EndpointState['counters'], handled: ReadonlyMap<number, HandledRow>): void {
  for (const row of handled.values())
    for (const [feature, policy] of Object.entries(row)) counters.policyApplied(feature, policy);
}
