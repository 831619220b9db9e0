import type {
  EndpointAnswer,
  JsonValue,
  ModelExamples,
  QuestionForm,
  ServableVersion,
} from '@esteira/contracts';
import { type AuditLog, requirePermission } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { DataPlane } from '../data-plane/data-plane-service.ts';
import { primaryVersion } from './desired-endpoint.ts';
import type { EndpointsService } from './endpoints-service.ts';
import { questionForm } from './question-form.ts';

interface AskDeps {
  readonly sql: SqlDatabase;
  readonly audit: AuditLog;
  readonly endpoints: EndpointsService;
  readonly dataPlane: Pick<DataPlane, 'probeDoor'>;
  readonly registry: {
    findVersion(workspace: string, id: string): Promise<ServableVersion | undefined>;
    examples(version: ServableVersion): Promise<ModelExamples>;
  };
}

/** Trying an endpoint from where no inference key is. */
export interface EndpointQuestions {
  /** Throws ENDPOINT_NOT_FOUND. */
  form(workspace: string, endpoint: string): Promise<QuestionForm>;
  /**
   * Asks about rows of named columns. What the model server refuses is an answer too. Throws ENDPOINT_NOT_FOUND, FORBIDDEN
   * outside development, ENDPOINT_STATE where it is frozen, DATA_PLANE_AWAY.
   */
  ask(context: RequestContext, endpoint: string, rows: readonly QuestionRow[]): Promise<EndpointAnswer>;
}

type QuestionRow = Readonly<Record<string, JsonValue>>;

/** The document of `POST /predict/<endpoint>`, or its error. */
interface PredictBody {
  readonly predictions?: readonly JsonValue[];
  readonly predictionIds?: readonly string[];
  readonly version?: string;
  readonly arm?: string;
  readonly fallback_reason?: string;
  readonly error?: string;
  readonly code?: string;
}

/** Beyond the endpoint's own limit, for the way there and back. */
const patienceMs = 10_000;

export function createEndpointQuestions({
  sql,
  audit,
  endpoints,
  dataPlane,
  registry,
}: AskDeps): EndpointQuestions {
  return {
    async form(workspace, name) {
      const { desired } = await endpoints.require(workspace, name);
      const id = primaryVersion(desired) ?? desired.readAs;
      const version = id === null ? undefined : await registry.findVersion(workspace, id);
      if (version === undefined) return { modelVersionId: null, columns: [] };
      const examples = await registry.examples(version);
      return {
        modelVersionId: version.id,
        columns: questionForm(version.signature, examples, desired.policies),
      };
    },

    async ask(context, name, rows) {
      const { stage, desired } = await endpoints.require(context.workspace, name);
      if (stage !== 'development') requirePermission(context, 'serving:write');
      // A model server answers its platform even then; whoever asks through it is a caller like others.
      if (desired.frozen !== undefined)
        throw esteiraError('ENDPOINT_STATE', {
          endpoint: name,
          problem: `it is frozen: ${desired.frozen.reason}`,
        });
      const door = await dataPlane.probeDoor(context.workspace, name);
      const answer = await ask(door, name, rows, desired.limits.timeoutMs + patienceMs);
      await sql.transaction((tx) =>
        audit.record(tx, context, {
          action: 'serving.endpoint.asked',
          subject: { kind: 'endpoint', id: name },
          details: { status: answer.status, rows: rows.length, predictionIds: answer.predictionIds },
        }),
      );
      return answer;
    },
  };
}

async function ask(
  { httpUrl, key }: { readonly httpUrl: string; readonly key: string },
  endpoint: string,
  rows: readonly QuestionRow[],
  timeoutMs: number,
): Promise<EndpointAnswer> {
  const started = performance.now();
  let status: number;
  let text: string;
  try {
    const response = await fetch(new URL(`/predict/${encodeURIComponent(endpoint)}`, httpUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ rows }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    throw esteiraError('DATA_PLANE_AWAY', { problem: 'it did not answer the question' }, error);
  }
  const ms = performance.now() - started;
  const body = JSON.parse(text) as PredictBody;
  return {
    status,
    ms,
    predictions: [...(body.predictions ?? [])],
    predictionIds: [...(body.predictionIds ?? [])],
    version: body.version ?? null,
    arm: body.arm ?? null,
    fallbackReason: body.fallback_reason ?? null,
    error: status === 200 ? null : { code: body.code ?? `HTTP_${status}`, message: body.error ?? text },
  };
}
