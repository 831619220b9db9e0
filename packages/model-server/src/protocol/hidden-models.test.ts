import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ServiceError, status } from '@grpc/grpc-js';
import { createInferenceClient } from '../inference-client.fixture.ts';
import { makeEndpoint, makeKey, makeServerDirectory } from '../model-server.fixture.ts';
import type { RunningModelServer } from '../start-model-server.ts';
import { request, startServer } from '../started-server.fixture.ts';

const rest: readonly (readonly ['GET' | 'POST', string])[] = [
  ['GET', '/v2/models/{model}'],
  ['GET', '/v2/models/{model}/versions/1'],
  ['GET', '/v2/models/{model}/ready'],
  ['GET', '/v2/models/{model}/stats'],
  ['GET', '/v2/models/{model}/openapi.json'],
  ['POST', '/v2/models/{model}/infer'],
  ['POST', '/v2/models/{model}/versions/1/infer'],
  ['POST', '/v2/models/{model}/infer_stream'],
  ['POST', '/v2/models/{model}/generate_stream'],
  ['POST', '/v2/repository/models/{model}/load'],
  ['POST', '/v2/repository/models/{model}/unload'],
  ['POST', '/predict/{model}'],
  ['POST', '/models/{model}/invocations'],
  ['GET', '/models/{model}/ping'],
  ['GET', '/v1/models/{model}'],
  ['GET', '/v1/models/{model}/versions/1'],
  ['GET', '/v1/models/{model}/metadata'],
  ['POST', '/v1/models/{model}:predict'],
  ['POST', '/v1/models/{model}:explain'],
  ['POST', '/predictions/{model}'],
  ['POST', '/predictions/{model}/1'],
  ['POST', '/explanations/{model}'],
];
const grpc = [
  'ModelInfer',
  'ModelMetadata',
  'ModelReady',
  'ModelStatistics',
  'RepositoryModelLoad',
  'RepositoryModelUnload',
];

describe('a model that the key does not open', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;
  let client: ReturnType<typeof createInferenceClient>;

  before(async () => {
    const bundle = files.addVersion(1, 5);
    const permissions = ['explain', 'repository'] as const;
    files.write([
      makeEndpoint(bundle, { keys: [makeKey('secret', { permissions: [...permissions] })] }),
      makeEndpoint(bundle, { name: 'hidden', keys: [makeKey('of-hidden')] }),
      makeEndpoint(bundle, { name: 'frozen', frozen: 'too many callers', keys: [makeKey('of-frozen')] }),
    ]);
    server = await startServer(files.directory, { grpcPort: 0 });
    client = createInferenceClient(server.grpcAddress ?? '');
  });
  after(async () => {
    client.close();
    await server.stop();
    files.remove();
  });

  /** What is told of `model`, with its name and what is new with every answer taken out. */
  const unnamed = (text: string, model: string) =>
    text.replaceAll(model, '{model}').replaceAll(/\b[a-z]+_[0-9a-f]{16,}\b/g, '{instance}');

  for (const [method, path] of rest) {
    it(`is told of as one that nobody has heard of: ${method} ${path}`, async () => {
      const told = async (model: string) => {
        const address = server.httpUrl + path.replace('{model}', model);
        const answer = await request(address, {
          ...{ method, key: 'secret' },
          ...(method === 'POST' ? { body: '{}' } : {}),
        });
        const names = [...answer.headers.keys()].sort();
        return { status: answer.status, names, text: unnamed(answer.text, model) };
      };
      const unknown = await told('nosuch');
      assert.equal(unknown.status, 404, unknown.text);
      assert.match(unknown.text, /\{model\}/);
      for (const model of ['hidden', 'frozen']) assert.deepEqual(await told(model), unknown);
    });
  }

  for (const name of grpc) {
    it(`is told of as one that nobody has heard of: gRPC ${name}`, async () => {
      const told = async (model: string) => {
        const refused = client.call(name, { name: model, model_name: model }, 'secret');
        const error = await refused.then(
          () => assert.fail(`${name} answered`),
          (thrown: ServiceError) => thrown,
        );
        const { code, details, metadata } = error;
        return { code, details: unnamed(details, model), names: Object.keys(metadata.getMap()).sort() };
      };
      const unknown = await told('nosuch');
      assert.equal(unknown.code, status.NOT_FOUND, unknown.details);
      for (const model of ['hidden', 'frozen']) assert.deepEqual(await told(model), unknown);
    });
  }

  it('is in no list', async () => {
    for (const path of ['/v2/models', '/v2/models/stats', '/v1/models']) {
      const { text } = await request(server.httpUrl + path, { key: 'secret' });
      assert.doesNotMatch(text, /hidden|frozen/, path);
    }
    const { text } = await request(`${server.httpUrl}/v2/repository/index`, { key: 'secret', body: '{}' });
    assert.doesNotMatch(text, /hidden|frozen/);
    for (const name of ['ModelStatistics', 'RepositoryIndex'])
      assert.doesNotMatch(JSON.stringify(await client.call(name, {}, 'secret')), /hidden|frozen/);
  });
});
