import type { JsonValue, OnlineFeatures } from '@esteira/contracts';
import { inferenceError, invalidRequest } from '../inference-error.ts';
import { type ControlPlane, ControlPlaneRefusal } from './control-plane.ts';

/** A row that is asked about: the columns from which the keys of a feature service are made. */
export type Entity = Readonly<Record<string, JsonValue>>;

/** Reads online features of entities. */
export interface EntityFeatures {
  /**
   * Values for each entity, in their order. What is asked in one turn of the event loop goes in one question. Throws
   * FEATURES_UNAVAILABLE when there is no answer in time, INVALID_INFERENCE_REQUEST for entities that cannot be looked up.
   */
  read(service: string, entities: readonly Entity[], timeoutMs: number): Promise<OnlineFeatures>;
}

interface Asked {
  readonly entities: readonly Entity[];
  readonly timeoutMs: number;
  readonly resolve: (features: OnlineFeatures) => void;
  readonly reject: (error: unknown) => void;
}

/** The most that the feature store takes at once. */
const mostRows = 1_000;
const retryAfterSeconds = 1;

export function createEntityFeatures(controlPlane: Pick<ControlPlane, 'onlineFeatures'>): EntityFeatures {
  const waiting = new Map<string, Asked[]>();

  function ask(service: string): void {
    const asked = waiting.get(service) ?? [];
    waiting.delete(service);
    let group: Asked[] = [];
    let rows = 0;
    for (const one of asked) {
      if (group.length > 0 && rows + one.entities.length > mostRows) {
        void answer(service, group);
        group = [];
        rows = 0;
      }
      group.push(one);
      rows += one.entities.length;
    }
    void answer(service, group);
  }

  async function answer(service: string, group: readonly Asked[]): Promise<void> {
    try {
      const entities = group.flatMap((one) => one.entities);
      const timeoutMs = Math.min(...group.map((one) => one.timeoutMs));
      const features = await readAll(service, entities, timeoutMs);
      let first = 0;
      for (const one of group) {
        const end = first + one.entities.length;
        one.resolve({ ...features, rows: features.rows.slice(first, end) });
        first = end;
      }
    } catch (error) {
      // One that cannot be looked up is its own caller's fault alone.
      const [only, second] = group;
      if (second !== undefined && isRefusal(error)) for (const one of group) void answer(service, [one]);
      else if (second === undefined) only?.reject(toInferenceError(service, error));
      else for (const one of group) one.reject(toInferenceError(service, error));
    }
  }

  async function readAll(
    service: string,
    entities: readonly Entity[],
    timeoutMs: number,
  ): Promise<OnlineFeatures> {
    const first = await controlPlane.onlineFeatures(service, entities.slice(0, mostRows), timeoutMs);
    const rows = [...first.rows];
    for (let from = mostRows; from < entities.length; from += mostRows) {
      const part = entities.slice(from, from + mostRows);
      rows.push(...(await controlPlane.onlineFeatures(service, part, timeoutMs)).rows);
    }
    return { ...first, rows };
  }

  return {
    read: (service, entities, timeoutMs) =>
      new Promise((resolve, reject) => {
        const asked = waiting.get(service) ?? [];
        if (asked.length === 0) setImmediate(ask, service);
        asked.push({ entities, timeoutMs, resolve, reject });
        waiting.set(service, asked);
      }),
  };
}

function isRefusal(error: unknown): error is ControlPlaneRefusal {
  return error instanceof ControlPlaneRefusal && error.status === 400;
}

function toInferenceError(service: string, error: unknown): Error {
  if (isRefusal(error)) return invalidRequest(`the entities cannot be looked up: ${error.message}`);
  return inferenceError('FEATURES_UNAVAILABLE', { service, retryAfterSeconds }, error);
}
