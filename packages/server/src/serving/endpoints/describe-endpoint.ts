import { type FeaturePolicy, type JsonValue, type ServableVersion, shapeOfOneRow } from '@esteira/contracts';
import type { EndpointRecord } from './endpoint-store.ts';

/** An endpoint as OpenAPI 3.1 for whoever calls it: two ways to ask, the columns with their policies, SLA and owner. */
export function describeEndpoint({
  endpoint,
  version,
  url,
  p95Ms,
}: {
  readonly endpoint: EndpointRecord;
  /** Undefined while nothing answers. */
  readonly version: ServableVersion | undefined;
  readonly url: string | undefined;
  readonly p95Ms: number | undefined;
}): Record<string, JsonValue> {
  const name = encodeURIComponent(endpoint.name);
  const columns = columnsOf(endpoint, version);
  const { limits } = endpoint.desired;
  const base = url ?? '$URL';
  return {
    openapi: '3.1.0',
    info: {
      title: endpoint.name,
      version: version === undefined ? '0' : String(version.version),
      summary: `Predictions of the model ${endpoint.model}`,
      description: version?.description ?? '',
      contact: { name: endpoint.createdBy },
      'x-esteira': {
        project: endpoint.project,
        stage: endpoint.stage,
        model: endpoint.model,
        modelVersionId: version?.id ?? null,
        owner: endpoint.createdBy,
        sla: { p95Ms: p95Ms ?? null, timeoutMs: limits.timeoutMs },
        limits: { maxBodyBytes: limits.maxBodyBytes, maxRows: limits.maxRows },
        frozen: endpoint.desired.frozen?.reason ?? null,
      },
    },
    servers: url === undefined ? [] : [{ url }],
    security: [{ inferenceKey: [] }],
    paths: {
      [`/v2/models/${name}/infer`]: {
        post: operation({
          id: 'infer',
          summary:
            'Open Inference Protocol v2: one tensor for each input of the graph, or one for each column.',
          example: tensorExample(version),
          path: `${base}/v2/models/${name}/infer`,
          schema: { type: 'object', required: ['inputs'], properties: { inputs: { type: 'array' } } },
        }),
      },
      [`/models/${name}/invocations`]: {
        post: operation({
          id: 'invocations',
          summary: 'MLflow scoring: rows by named columns.',
          example: { dataframe_records: [exampleRow(version)] },
          path: `${base}/models/${name}/invocations`,
          schema: {
            type: 'object',
            properties: {
              dataframe_records: {
                type: 'array',
                maxItems: limits.maxRows,
                items: { type: 'object', ...columns },
              },
            },
          },
        }),
      },
    },
    components: {
      securitySchemes: {
        inferenceKey: { type: 'http', scheme: 'bearer', description: 'An inference key of the endpoint.' },
      },
    },
  };
}

function operation({
  id,
  summary,
  example,
  path,
  schema,
}: {
  readonly id: string;
  readonly summary: string;
  readonly example: JsonValue;
  /** Where it is asked, for the snippets. */
  readonly path: string;
  readonly schema: JsonValue;
}): JsonValue {
  return {
    operationId: id,
    summary,
    'x-codeSamples': snippets(path, example),
    requestBody: { required: true, content: { 'application/json': { schema, example } } },
    responses: {
      '200': { description: 'The predictions.' },
      '400': { description: 'The request does not fit the model or a policy of the endpoint.' },
      '401': { description: 'No valid inference key.' },
      '404': { description: 'No such endpoint for this key.' },
      '413': { description: 'The body is larger than the endpoint takes.' },
      '429': { description: 'The key is over its rate or its quota; Retry-After says when to come back.' },
      '503': { description: 'Not ready, overloaded or frozen; Retry-After says when to come back.' },
    },
  };
}

function snippets(path: string, example: JsonValue): JsonValue {
  const body = JSON.stringify(example);
  return [
    {
      lang: 'Shell',
      source: `curl "${path}" -H "Authorization: Bearer $KEY" -H 'content-type: application/json' -d '${body.replaceAll("'", "'\\''")}'`,
    },
    {
      lang: 'Python',
      source: `import json, os, urllib.request\nrequest = urllib.request.Request(os.path.expandvars(${JSON.stringify(path)}), json.dumps(json.loads(${JSON.stringify(body)})).encode(), {"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"})\nprint(json.load(urllib.request.urlopen(request)))`,
    },
  ];
}

/** JSON Schema of a row. */
function columnsOf(
  endpoint: EndpointRecord,
  version: ServableVersion | undefined,
): { [key: string]: JsonValue } {
  const properties: { [name: string]: JsonValue } = {};
  const required: string[] = [];
  for (const { name, type, missing } of version?.signature.features ?? []) {
    const policy = endpoint.desired.policies?.[name];
    const number = policy?.whole === true ? 'integer' : 'number';
    const own = type === 'text' ? 'string' : number;
    properties[name] = { type: missing ? [own, 'null'] : own, ...rangeOf(policy) };
    if (!missing) required.push(name);
  }
  return { properties, required };
}

function rangeOf(policy: FeaturePolicy | undefined): { [key: string]: JsonValue } {
  if (policy === undefined) return {};
  const { minimum, maximum, categories } = policy;
  return {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(categories === undefined ? {} : { enum: categories }),
    'x-esteira-policy': policy.policy,
  };
}

function exampleRow(version: ServableVersion | undefined): { [key: string]: JsonValue } {
  const features = version?.signature.features ?? [];
  return Object.fromEntries(features.map(({ name, type }) => [name, type === 'text' ? '' : 0]));
}

function tensorExample(version: ServableVersion | undefined): JsonValue {
  const signature = version?.signature;
  if (signature === undefined) return { inputs: [] };
  return {
    inputs: signature.inputs.map(({ name, datatype, shape }) => {
      const width = signature.features.filter(({ input }) => input === name).length;
      return {
        name,
        datatype,
        shape: shapeOfOneRow(shape, width),
        data: Array.from({ length: width }, () => emptyValue(datatype)),
      };
    }),
  };
}

function emptyValue(datatype: string): JsonValue {
  if (datatype === 'BYTES') return '';
  return datatype === 'BOOL' ? false : 0;
}
