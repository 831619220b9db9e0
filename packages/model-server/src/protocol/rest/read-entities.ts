import type { JsonValue, OnlineFeatures } from '@esteira/contracts';
import type { EndpointCounters } from '../../engine/endpoint-counters.ts';
import { InferenceError, inferenceError, invalidRequest } from '../../inference-error.ts';
import type { Entity } from '../../sync/entity-features.ts';
import { type CallPlan, callPlan } from '../call/call-plan.ts';
import { fillColumns } from '../call/fill-columns.ts';
import { isRecord, tableOfRecords } from '../call/table.ts';
import type { InferRequest } from '../infer-request.ts';
import type { ModelCall } from './wire.ts';

/**
 * Fills rows with the online features of entities: `rows` are columns that callers send beside, and go before what is read.
 * Values that are unknown, empty or too old are missing; whether the model may do without is the signature's, the policies'
 * and the fallback's to say. Throws ENDPOINT_WITHOUT_FEATURES, INVALID_INFERENCE_REQUEST.
 */
export async function readEntities(
  given: { readonly entities: unknown; readonly rows: unknown },
  parameters: InferRequest['parameters'],
  call: ModelCall,
): Promise<InferRequest> {
  const { endpoint, server } = call;
  const plan = callPlan(endpoint);
  const service = plan.signature.featureService;
  if (service === undefined || server.features === undefined)
    throw inferenceError('ENDPOINT_WITHOUT_FEATURES', { model: endpoint.document.name });
  const entities = entitiesOf(given.entities, endpoint.document.limits.maxRows);
  const own = given.rows === undefined ? entities.map(() => ({})) : recordsOf(given.rows, entities.length);
  const asked = entities.map((entity, row) => ({ ...entity, ...scalarsOf(own[row] ?? {}) }));
  const found = await server.features
    .read(service, asked, endpoint.document.limits.timeoutMs)
    .catch((error: unknown) => {
      if (error instanceof InferenceError && error.code === 'FEATURES_UNAVAILABLE') return error;
      throw error;
    });
  const features = found instanceof InferenceError ? undefined : found;
  if (features !== undefined) countMissed(features, endpoint.counters);
  const records = asked.map((entity, row) => ({ ...entity, ...valuesOf(features, row), ...own[row] }));
  const doubt = found instanceof InferenceError ? found : firstGap(plan, found, records);
  return {
    inputs: fillColumns(planOfEntities(plan, entities), tableOfRecords(records)),
    parameters: { entity_key: entities.map(keyOf), ...parameters },
    binaryOutputs: false,
    ...(features === undefined ? {} : { online: describeRows(features, Date.now()) }),
    ...(doubt === undefined ? {} : { doubt }),
  };
}

function entitiesOf(value: unknown, most: number): readonly Entity[] {
  if (!Array.isArray(value) || value.length === 0) throw invalidRequest('entities is not a list of objects');
  if (value.length > most)
    throw invalidRequest(`it has ${value.length} entities; this endpoint takes at most ${most} at once`);
  return value.map((entity: unknown, row) => {
    if (!isRecord(entity) || Object.keys(entity).length === 0)
      throw invalidRequest(`the entity of row ${row} is not an object of keys`);
    const scalars = scalarsOf(entity);
    const unfit = Object.keys(entity).find((name) => !Object.hasOwn(scalars, name));
    if (unfit !== undefined)
      throw invalidRequest(
        `${unfit.slice(0, 60)} of the entity of row ${row} is neither a text nor a number`,
      );
    return scalars;
  });
}

function recordsOf(value: unknown, rows: number): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value) || value.length !== rows || !value.every(isRecord))
    throw invalidRequest('rows is not a list with one object for each entity');
  return value;
}

/** What may be sent to the feature store; an integer that a double would round goes as text. */
function scalarsOf(record: Readonly<Record<string, unknown>>): Record<string, JsonValue> {
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === 'bigint') kept[name] = String(value);
    else if (value === null || ['string', 'number', 'boolean'].includes(typeof value))
      kept[name] = value as JsonValue;
  }
  return kept;
}

function keyOf(entity: Entity): string {
  const values = Object.values(entity);
  return values.length === 1 ? String(values[0]) : JSON.stringify(values);
}

function valuesOf(features: OnlineFeatures | undefined, row: number): Record<string, number | null> {
  const values: Record<string, number | null> = {};
  for (const [place, name] of (features?.names ?? []).entries())
    values[name] = features?.rows[row]?.values[place] ?? null;
  return values;
}

/** The first value that the model needs and nobody has. */
function firstGap(
  { takes }: CallPlan,
  features: OnlineFeatures,
  records: readonly Readonly<Record<string, unknown>>[],
): InferenceError | undefined {
  if (takes.kind !== 'columns') return undefined;
  for (const { name, required } of takes.columns) {
    const place = features.names.indexOf(name);
    if (!required || place < 0) continue;
    const row = records.findIndex((record) => record[name] === null);
    if (row < 0) continue;
    const problem = features.rows[row]?.statuses[place] ?? 'NOT_FOUND';
    return inferenceError('ENTITY_FEATURES_MISSING', { feature: name, row, problem });
  }
  return undefined;
}

/** Keys say whose values they are; whether a value may be missing is asked later, when policies have had their say. */
function planOfEntities(plan: CallPlan, entities: readonly Entity[]): CallPlan {
  if (plan.takes.kind !== 'columns') return plan;
  const columns = plan.takes.columns.map((column) => ({ ...column, required: false }));
  const knownColumns = new Set([...plan.knownColumns, ...entities.flatMap((entity) => Object.keys(entity))]);
  return { ...plan, takes: { ...plan.takes, columns }, knownColumns };
}

function countMissed({ names, rows }: OnlineFeatures, counters: EndpointCounters): void {
  for (const { statuses } of rows) {
    for (const [place, status] of statuses.entries())
      if (status !== 'PRESENT') counters.featureMissed(names[place] ?? '', status);
  }
}

/** For each row as JSON: by name, where the value came from and how old it is. */
function describeRows({ names, asOf, rows }: OnlineFeatures, now: number): readonly string[] {
  const ages = asOf.map((at) => (at === null ? null : Math.max(0, now - at)));
  return rows.map(({ statuses }) =>
    JSON.stringify(
      Object.fromEntries(
        names.map((name, place) => [name, { status: statuses[place], ageMs: ages[place] ?? null }]),
      ),
    ),
  );
}
