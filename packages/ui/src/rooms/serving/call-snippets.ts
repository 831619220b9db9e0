/** Where an endpoint answers, and a request in the Open Inference Protocol that it would answer. */
export interface CalledEndpoint {
  readonly name: string;
  readonly httpUrl: string;
  readonly grpcAddress: string | null;
  readonly tensors: readonly ExampleTensor[];
  /** A row of named columns, for the protocols that have them. */
  readonly record: Readonly<Record<string, unknown>>;
}

export interface ExampleTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** How the endpoint is asked, ready to be copied: a name of the client, and the text. */
export function callSnippets(
  called: CalledEndpoint,
): readonly { readonly client: string; readonly text: string }[] {
  const snippets = [
    { client: 'curl', text: curl(called) },
    { client: 'requests', text: requests(called) },
    { client: 'tritonclient', text: triton(called, 'http', called.httpUrl.replace(/^https?:\/\//, '')) },
    { client: 'MLflow', text: mlflow(called) },
  ];
  if (called.grpcAddress !== null)
    snippets.splice(3, 0, { client: 'gRPC', text: triton(called, 'grpc', called.grpcAddress) });
  return snippets;
}

const key = '<key>';

function inferUrl({ httpUrl, name }: CalledEndpoint): string {
  return `${httpUrl}/v2/models/${encodeURIComponent(name)}/infer`;
}

function curl(called: CalledEndpoint): string {
  return [
    `curl -s ${inferUrl(called)} \\`,
    `  -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\`,
    `  -d ${shellText(JSON.stringify({ inputs: called.tensors }))}`,
  ].join('\n');
}

function requests(called: CalledEndpoint): string {
  return [
    'import requests',
    '',
    'answer = requests.post(',
    `    "${inferUrl(called)}",`,
    `    headers={"authorization": "Bearer ${key}"},`,
    `    json=${python({ inputs: called.tensors })},`,
    ')',
    'answer.raise_for_status()',
    'print(answer.json()["outputs"])',
  ].join('\n');
}

function triton({ tensors, name }: CalledEndpoint, protocol: 'http' | 'grpc', address: string): string {
  const lines = [
    'import numpy as np',
    `import tritonclient.${protocol} as triton`,
    '',
    `client = triton.InferenceServerClient("${address}")`,
    'inputs = []',
  ];
  for (const { name: input, datatype, shape, data } of tensors) {
    const values = `np.array(${python(data)}, dtype=${numpyType(datatype)}).reshape(${python(shape)})`;
    lines.push(`inputs.append(triton.InferInput(${python(input)}, ${python(shape)}, "${datatype}"))`);
    lines.push(`inputs[-1].set_data_from_numpy(${values})`);
  }
  lines.push(`answer = client.infer(${python(name)}, inputs, headers={"authorization": "Bearer ${key}"})`);
  lines.push('print(answer.get_response())');
  return lines.join('\n');
}

function mlflow({ httpUrl, name, record }: CalledEndpoint): string {
  return [
    `curl -s ${httpUrl}/models/${encodeURIComponent(name)}/invocations \\`,
    `  -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\`,
    `  -d ${shellText(JSON.stringify({ dataframe_records: [record] }))}`,
  ].join('\n');
}

function shellText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A value of JSON as Python writes it. */
function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, own]) => `${JSON.stringify(name)}: ${python(own)}`)
    .join(', ')}}`;
}

function numpyType(datatype: string): string {
  if (datatype === 'BYTES') return 'object';
  if (datatype === 'BOOL') return 'bool';
  return `"${datatype.replace('FP', 'float').replace('UINT', 'uint').replace('INT', 'int')}"`;
}
