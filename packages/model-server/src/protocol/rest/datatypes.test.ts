import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Datatype } from '@esteira/contracts';
import { makeIdentityGraph } from '../../identity-graph.fixture.ts';
import { createInferenceClient } from '../../inference-client.fixture.ts';
import { makeEndpoint, makeServerDirectory } from '../../model-server.fixture.ts';
import type { RunningModelServer } from '../../start-model-server.ts';
import { request, startServer } from '../../started-server.fixture.ts';

/** By datatype: values at its borders as JSON has them, and one beyond as text. */
const borders: Readonly<Partial<Record<Datatype, { values: string[]; beyond: string }>>> = {
  UINT8: { values: ['0', '255'], beyond: '256' },
  UINT16: { values: ['0', '65535'], beyond: '-1' },
  UINT32: { values: ['0', '4294967295'], beyond: '4294967296' },
  UINT64: { values: ['9007199254740993', '18446744073709551615'], beyond: '18446744073709551616' },
  INT8: { values: ['-128', '127'], beyond: '128' },
  INT16: { values: ['-32768', '32767'], beyond: '1.5' },
  INT32: { values: ['-2147483648', '2147483647'], beyond: '2147483648' },
  INT64: { values: ['-9223372036854775808', '9223372036854775807'], beyond: '9223372036854775808' },
  FP16: { values: ['0.5', '-65504'], beyond: '70000' },
  FP32: { values: ['0.5', '-2'], beyond: '1e39' },
  FP64: { values: ['0.1', '-1e300'], beyond: '1e999' },
  BOOL: { values: ['true', 'false'], beyond: '2' },
  BYTES: { values: ['"é"', '""'], beyond: '1' },
};

const grpcLists: Readonly<Partial<Record<Datatype, string>>> = {
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
};

describe('the datatypes of the Open Inference Protocol', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;
  const names = Object.keys(borders) as Datatype[];

  before(async () => {
    const { onnx, signature } = makeIdentityGraph([
      { name: 'score', datatype: 'FP32' },
      ...names.map((datatype) => ({ name: datatype.toLowerCase(), datatype, row: [2] })),
    ]);
    files.write([makeEndpoint(files.addVersion(1, 5, onnx, signature))]);
    server = await startServer(files.directory, { grpcPort: 0 });
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  function bodyOf(changed: Partial<Record<Datatype, string[]>> = {}): string {
    const inputs = names.map((datatype) => {
      const values = changed[datatype] ?? borders[datatype]?.values ?? [];
      return `{"name":"${datatype.toLowerCase()}","datatype":"${datatype}","shape":[1,2],"data":[${values.join(',')}]}`;
    });
    return `{"inputs":[{"name":"score","datatype":"FP32","shape":[1,1],"data":[1]},${inputs.join(',')}]}`;
  }

  const ask = (body: string) =>
    request(`${server.httpUrl}/v2/models/late-flights/infer`, { key: 'secret', body });

  it('come and go exact at their borders', async () => {
    const answer = await ask(bodyOf());
    assert.equal(answer.status, 200, answer.text);
    for (const datatype of names) {
      const written = new RegExp(
        `"name":"${datatype.toLowerCase()}_out","shape":\\[1,2\\],"datatype":"${datatype}","data":\\[([^\\]]*)\\]`,
      ).exec(answer.text);
      const expected = borders[datatype]?.values.join(',').replace('-1e300', '-1e+300');
      assert.equal(written?.[1], expected, datatype);
    }
  });

  it('refuse what is beyond them', async () => {
    for (const datatype of names) {
      const { values = [], beyond = '' } = borders[datatype] ?? {};
      const answer = await ask(bodyOf({ [datatype]: [values[0] ?? '', beyond] }));
      assert.equal(answer.status, 400, `${datatype} ${answer.text}`);
      assert.match(
        String(answer.body.error),
        new RegExp(`the input ${datatype.toLowerCase()} has .* no ${datatype}`),
      );
    }
  });

  it('are without BF16, which the runtime cannot be given: it is refused in JSON, as bytes and over gRPC', async () => {
    const told = /unknown datatype BF16/;
    const json = await ask('{"inputs":[{"name":"score","datatype":"BF16","shape":[1,1],"data":[1]}]}');
    assert.equal(json.status, 400);
    assert.match(String(json.body.error), told);
    const head = Buffer.from(
      '{"inputs":[{"name":"score","datatype":"BF16","shape":[1,1],"parameters":{"binary_data_size":2}}]}',
    );
    const bytes = await fetch(`${server.httpUrl}/v2/models/late-flights/infer`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'inference-header-content-length': String(head.length) },
      body: new Uint8Array(Buffer.concat([head, Buffer.from([0x80, 0x3f])])),
    });
    assert.equal(bytes.status, 400);
    assert.match(await bytes.text(), told);
    const client = createInferenceClient(server.grpcAddress ?? '');
    try {
      const raw = {
        model_name: 'late-flights',
        inputs: [{ name: 'score', datatype: 'BF16', shape: ['1', '1'] }],
        raw_input_contents: [Buffer.from([0x80, 0x3f])],
      };
      await assert.rejects(client.call('ModelInfer', raw, 'secret'), told);
    } finally {
      client.close();
    }
  });

  it('come and go as bytes', async () => {
    const numbers = names.filter((datatype) => datatype !== 'BYTES');
    const bytes = numbers.map((datatype) => bytesOf(datatype));
    const inputs = numbers.map((datatype, position) => ({
      name: datatype.toLowerCase(),
      datatype,
      shape: [1, 2],
      parameters: { binary_data_size: bytes[position]?.length },
    }));
    const texts = { name: 'bytes', datatype: 'BYTES', shape: [1, 2], data: ['é', ''] };
    const score = { name: 'score', datatype: 'FP32', shape: [1, 1], data: [1] };
    const json = Buffer.from(
      JSON.stringify({
        inputs: [score, texts, ...inputs],
        outputs: numbers.map((name) => ({
          name: `${name.toLowerCase()}_out`,
          parameters: { binary_data: true },
        })),
      }),
    );
    const answer = await fetch(`${server.httpUrl}/v2/models/late-flights/infer`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'inference-header-content-length': String(json.length) },
      body: new Uint8Array(Buffer.concat([json, ...bytes])),
    });
    const whole = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.status, 200, whole.toString());
    const header = Number(answer.headers.get('inference-header-content-length'));
    assert.deepEqual(whole.subarray(header), Buffer.concat(bytes));
  });

  it('come and go over gRPC in the lists that the protocol has for them', async () => {
    const client = createInferenceClient(server.grpcAddress ?? '');
    try {
      const typed = names.filter((datatype) => grpcLists[datatype] !== undefined);
      const raw = names.map((datatype) => ({ name: datatype.toLowerCase(), datatype, shape: ['1', '2'] }));
      const score = { name: 'score', datatype: 'FP32', shape: ['1', '1'] };
      const answer = await client.call<{ raw_output_contents: Uint8Array[]; outputs: { name: string }[] }>(
        'ModelInfer',
        {
          model_name: 'late-flights',
          inputs: [score, ...raw],
          raw_input_contents: [Buffer.from(Float32Array.of(1).buffer), ...names.map(bytesOf)],
        },
        'secret',
      );
      for (const [position, { name }] of answer.outputs.entries()) {
        const datatype = name.replace('_out', '').toUpperCase() as Datatype;
        if (borders[datatype] === undefined) continue;
        assert.deepEqual(
          Buffer.from(answer.raw_output_contents[position] ?? []),
          bytesOf(datatype),
          datatype,
        );
      }
      assert.equal(typed.length, 6);
    } finally {
      client.close();
    }
  });
});

function bytesOf(datatype: Datatype): Buffer {
  const values = (borders[datatype]?.values ?? []).map(
    (text) => JSON.parse(text) as number | boolean | string,
  );
  const longs = (borders[datatype]?.values ?? []).map((text) => (/^-?\d+$/.test(text) ? BigInt(text) : 0n));
  const numbers = values.map(Number);
  switch (datatype) {
    case 'UINT16':
      return Buffer.from(Uint16Array.from(numbers).buffer);
    case 'UINT32':
      return Buffer.from(Uint32Array.from(numbers).buffer);
    case 'UINT64':
      return Buffer.from(BigUint64Array.from(longs).buffer);
    case 'INT8':
      return Buffer.from(Int8Array.from(numbers).buffer);
    case 'INT16':
      return Buffer.from(Int16Array.from(numbers).buffer);
    case 'INT32':
      return Buffer.from(Int32Array.from(numbers).buffer);
    case 'INT64':
      return Buffer.from(BigInt64Array.from(longs).buffer);
    case 'FP16':
      return Buffer.from(Float16Array.from(numbers).buffer);
    case 'FP32':
      return Buffer.from(Float32Array.from(numbers).buffer);
    case 'FP64':
      return Buffer.from(Float64Array.from(numbers).buffer);
    case 'BYTES':
      return Buffer.from([2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0]);
    default:
      return Buffer.from(Uint8Array.from(numbers).buffer);
  }
}
