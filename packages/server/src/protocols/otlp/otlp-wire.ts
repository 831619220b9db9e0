import type { RequestContext } from '../../kernel/actor.ts';
import { EsteiraError, esteiraError } from '../../kernel/errors.ts';
import type { Wire, WireAnswer, WireRequest } from '../../kernel/wire-route.ts';
import type { ReceivedSpan, TracesService } from '../../llm/index.ts';
import { attributeOf } from '../../llm/index.ts';
import type { ExperimentIds } from '../experiment-ids.ts';
import { refuseAsMlflow } from '../mlflow/refuse-as-mlflow.ts';
import { contextOf } from '../mlflow/rpc.ts';
import { inOwnWorkspace } from '../mlflow/server/workspace-routes.ts';
import { decodeExportJson } from './decode-export-json.ts';
import { decodeExportRequest, type ExportRequest } from './decode-export-request.ts';
import { exportAnswer, jsonType, protobufType, refusalAnswer } from './otlp-answer.ts';
import { MalformedMessage } from './protobuf-reader.ts';
import { readRequestBody } from './read-request-body.ts';

export interface OtlpDeps {
  readonly traces: Pick<TracesService, 'addSpans' | 'linkToRun'>;
  readonly experimentIds: ExperimentIds;
}

/** The experiment that every workspace has. */
const defaultExperiment = '0';

/**
 * The OpenTelemetry protocol over HTTP (opentelemetry.io/docs/specs/otlp/#otlphttp). A request that names an experiment comes
 * from MLflow's clients, which expect their own refusals: all spans or none, 422 for spans that cannot be taken. All others
 * follow the protocol: what cannot be taken is told as a partial success, and the spans go to the default experiment.
 */
export function createOtlpWire(deps: OtlpDeps): Wire {
  const route = { method: 'POST', path: '/v1/traces', access: 'traces:write', body: 'bytes' } as const;
  const ofMlflow = inOwnWorkspace({ ...route, handle: (request) => takeOfMlflow(deps, request) });
  return {
    name: 'otlp',
    prefixes: ['/v1/traces'],
    routes: [
      {
        ...route,
        handle: (request, signal) =>
          isOfMlflow(request.headers) ? ofMlflow.handle(request, signal) : takePlain(deps, request),
      },
    ],
    refuse: (error, instance, headers) =>
      isOfMlflow(headers)
        ? refuseAsMlflow(error, instance)
        : refusalAnswer(error, instance, mediaTypeOf(headers) ?? jsonType),
  };
}

type Headers = WireRequest['headers'];

function isOfMlflow(headers: Headers): boolean {
  return headerOf(headers, 'x-mlflow-experiment-id') !== undefined;
}

async function takeOfMlflow(deps: OtlpDeps, request: WireRequest): Promise<WireAnswer> {
  const context = contextOf(request);
  const mediaType = mediaTypeOf(request.headers);
  const { groups, spans } = await decode(request, mediaType);
  if (groups === 0) throw esteiraError('OTLP_MALFORMED', { problem: 'no spans found' });
  const problem = spans.map(lengthProblemOf).find((each) => each !== undefined);
  if (problem !== undefined)
    return {
      status: 422,
      body: {
        error_code: 'INVALID_PARAMETER_VALUE',
        message: `Cannot convert OpenTelemetry span: ${problem}.`,
      },
    };
  const experiment = await deps.experimentIds.find(
    context,
    headerOf(request.headers, 'x-mlflow-experiment-id') ?? '',
  );
  if (experiment.deletedAt !== undefined) throw esteiraError('EXPERIMENT_DELETED', { name: experiment.name });
  const ids = await addAll(deps, context, experiment.id, spans.map(withService));
  const run = headerOf(request.headers, 'x-mlflow-run-id');
  if (run !== undefined && ids.size > 0) await linkIfThere(deps, context, [...ids], run);
  return exportAnswer(mediaType ?? protobufType, 0, '');
}

const serviceName = 'service.name';

/** Services of coding agents, which MLflow tells apart by the root span. */
const agents: readonly unknown[] = ['claude-code', 'codex_cli_rs', 'codex_vscode', 'gemini-cli', 'qwen-code'];

/** The root span of a coding agent tells among its attributes which one it is. */
function withService(received: ReceivedSpan): ReceivedSpan {
  const { span, resource } = received;
  const service = attributeOf(resource, serviceName);
  if (span.parentId !== undefined || service === undefined || !agents.includes(service)) return received;
  if (attributeOf(span.attributes, serviceName) !== undefined) return received;
  return { ...received, span: { ...span, attributes: [...span.attributes, [serviceName, service]] } };
}

/** The spans are stored: that their run is gone is no reason to have them sent again. */
async function linkIfThere(
  deps: OtlpDeps,
  context: RequestContext,
  ids: readonly string[],
  run: string,
): Promise<void> {
  try {
    await deps.traces.linkToRun(context, ids, run);
  } catch (error) {
    if (!(error instanceof EsteiraError) || error.code !== 'RUN_NOT_FOUND') throw error;
  }
}

async function takePlain(deps: OtlpDeps, request: WireRequest): Promise<WireAnswer> {
  const context = contextOf(request);
  const mediaType = mediaTypeOf(request.headers);
  const { spans } = await decode(request, mediaType);
  const taken = spans.filter((span) => problemOf(span) === undefined);
  const problem = spans.map(problemOf).find((each) => each !== undefined) ?? '';
  if (taken.length > 0) {
    if (!taken.some(({ resource }) => attributeOf(resource, serviceName) !== undefined))
      throw esteiraError('OTLP_SENDER_UNKNOWN');
    const { id } = await deps.experimentIds.find(context, defaultExperiment);
    await addAll(deps, context, id, taken);
  }
  return exportAnswer(mediaType ?? protobufType, spans.length - taken.length, problem);
}

async function decode(request: WireRequest, mediaType: string | undefined): Promise<ExportRequest> {
  const encoding = (headerOf(request.headers, 'content-encoding') ?? '').trim().toLowerCase();
  if (mediaType !== protobufType && mediaType !== jsonType)
    throw esteiraError('OTLP_ENCODING', { contentType: mediaType ?? 'none', encoding: encoding || 'none' });
  const body = await readRequestBody(request.bytes, mediaType, encoding);
  try {
    return mediaType === jsonType ? decodeExportJson(body.toString('utf8')) : await decodeExportRequest(body);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw esteiraError('OTLP_MALFORMED', { problem: error.message }, error);
  }
}

/** Why a span cannot be taken: ids have 16 and 8 bytes, of which one is not zero. */
function problemOf(received: ReceivedSpan): string | undefined {
  if (/^0+$/.test(received.traceId)) return 'its trace id is all zero';
  if (/^0+$/.test(received.span.id)) return 'its span id is all zero';
  return lengthProblemOf(received);
}

/** MLflow takes ids that are zero. */
function lengthProblemOf({ traceId, span }: ReceivedSpan): string | undefined {
  if (traceId.length !== 32) return 'its trace id is not 16 bytes';
  if (span.id.length !== 16) return 'its span id is not 8 bytes';
  if (span.parentId !== undefined && span.parentId.length !== 16)
    return 'the id of its parent is not 8 bytes';
  return undefined;
}

// Bounds the time that one transaction takes.
const spansAtOnce = 2000;

async function addAll(
  deps: OtlpDeps,
  context: RequestContext,
  experimentId: string,
  spans: readonly ReceivedSpan[],
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let start = 0; start < spans.length; start += spansAtOnce) {
    const piece = spans.slice(start, start + spansAtOnce);
    for (const id of await deps.traces.addSpans(context, experimentId, piece)) ids.add(id);
  }
  return ids;
}

function mediaTypeOf(headers: Headers): string | undefined {
  return headerOf(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
}

function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  const text = Array.isArray(value) ? value[0] : value;
  return text === '' ? undefined : text;
}
