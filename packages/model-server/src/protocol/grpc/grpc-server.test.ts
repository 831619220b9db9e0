import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { createInferenceClient } from '../../inference-client.fixture.ts';
import { makeEndpoint, makeKey, makeServerDirectory } from '../../model-server.fixture.ts';
import { type RunningModelServer, startModelServer } from '../../start-model-server.ts';

const silent = { info() {}, warn() {}, error() {} };
interface InferReply {
  readonly id: string;
  readonly model_version: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly contents: {
      readonly int64_contents?: readonly string[];
      readonly fp32_contents?: readonly number[];
    } | null;
  }[];
  readonly raw_output_contents: readonly Uint8Array[];
}

describe('the gRPC door', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;
  let client: ReturnType<typeof createInferenceClient>;

  before(async () => {
    files.write([
      makeEndpoint(files.addVersion(1, 5), {
        keys: [makeKey('secret'), makeKey('keeper', { permissions: ['repository'] })],
      }),
      makeEndpoint(files.addVersion(2, 5), { name: 'other', keys: [makeKey('other')] }),
    ]);
    server = await startModelServer(
      {
        directory: files.directory,
        host: '127.0.0.1',
        port: 0,
        grpcPort: 0,
        shipPauseMs: 10,
        statusIntervalMs: 1_000,
        drainMs: 1_000,
      },
      silent,
    );
    client = createInferenceClient(server.grpcAddress ?? '');
  });
  after(async () => {
    client.close();
    await server.stop();
    files.remove();
  });

  const call = <T>(name: string, request: object, key?: string) => client.call<T>(name, request, key);

  const input = { name: 'X', datatype: 'FP32', shape: ['2', '3'] };
  const values = [1, 2, 3, 9, 2, 3];

  it('tells everybody whether the server lives and is ready, and nobody without a key anything else', async () => {
    assert.deepEqual(await call('ServerLive', {}), { live: true });
    assert.deepEqual(await call('ServerReady', {}), { ready: true });
    for (const name of ['ServerMetadata', 'ModelMetadata', 'ModelReady', 'ModelInfer']) {
      await assert.rejects(call(name, { name: 'late-flights', model_name: 'late-flights' }), {
        code: status.UNAUTHENTICATED,
      });
    }
  });

  it('gives the same answer to typed and to raw contents, each in its own kind', async () => {
    const typed = await call<InferReply>(
      'ModelInfer',
      { model_name: 'late-flights', id: 'g', inputs: [{ ...input, contents: { fp32_contents: values } }] },
      'secret',
    );
    assert.deepEqual(
      [typed.id, typed.model_version, typed.outputs[0]?.contents?.int64_contents],
      ['g', '1', ['0', '1']],
    );
    const bytes = Buffer.from(Float32Array.from(values).buffer);
    const raw = await call<InferReply>(
      'ModelInfer',
      { model_name: 'late-flights', inputs: [input], raw_input_contents: [bytes] },
      'secret',
    );
    const scores = new Float32Array(new Uint8Array(raw.raw_output_contents[1] ?? []).buffer);
    assert.deepEqual([...scores], typed.outputs[1]?.contents?.fp32_contents);
    assert.equal(files.spooled().filter((line) => line.st === 'ok').length, 4);
  });

  it('says by its status what was wrong', async () => {
    const ask = (request: object) => call('ModelInfer', request, 'secret');
    await assert.rejects(ask({ model_name: 'other' }), { code: status.NOT_FOUND });
    await assert.rejects(ask({ model_name: 'late-flights', model_version: '9' }), { code: status.NOT_FOUND });
    await assert.rejects(ask({ model_name: 'late-flights' }), { code: status.INVALID_ARGUMENT });
    await assert.rejects(
      ask({ model_name: 'late-flights', inputs: [input], raw_input_contents: [Buffer.alloc(4)] }),
      { code: status.INVALID_ARGUMENT },
    );
  });

  it('counts and indexes what the key opens, and lets nobody replace what is deployed', async () => {
    const own = { name: 'late-flights' };
    const counted = await call<{ model_stats: { name: string; inference_count: string }[] }>(
      'ModelStatistics',
      { ...own, version: '1' },
      'secret',
    );
    assert.deepEqual(
      counted.model_stats.map(({ name, inference_count }) => [name, inference_count]),
      [['late-flights', '4']],
    );
    const all = await call<{ model_stats: object[] }>('ModelStatistics', {}, 'secret');
    assert.equal(all.model_stats.length, 1);
    const refused = [
      ['ModelStatistics', { name: 'other' }, status.NOT_FOUND],
      ['ModelStatistics', { ...own, version: '9' }, status.NOT_FOUND],
      ['RepositoryModelLoad', { model_name: 'late-flights' }, status.PERMISSION_DENIED],
      ['RepositoryModelUnload', { model_name: 'late-flights' }, status.PERMISSION_DENIED],
    ] as const;
    for (const [name, request, code] of refused)
      await assert.rejects(call(name, request, 'secret'), { code });
    const index = await call<{ models: object[] }>('RepositoryIndex', { ready: true }, 'secret');
    assert.deepEqual(index.models, [{ name: 'late-flights', version: '1', state: 'READY' }]);
    const order = (more: object) => ({ model_name: 'late-flights', ...more });
    assert.deepEqual(await call('RepositoryModelLoad', order({}), 'keeper'), {});
    for (const parameter of ['config', 'file:1/model.onnx']) {
      const parameters = { [parameter]: { string_param: '{}' } };
      await assert.rejects(call('RepositoryModelLoad', order({ parameters }), 'keeper'), {
        code: status.INVALID_ARGUMENT,
      });
    }
    await assert.rejects(call('RepositoryModelLoad', { model_name: 'other' }, 'keeper'), {
      code: status.NOT_FOUND,
    });
    await assert.rejects(call('RepositoryModelUnload', order({}), 'keeper'), { code: status.UNIMPLEMENTED });
  });
});
