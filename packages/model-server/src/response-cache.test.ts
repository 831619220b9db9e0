import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { infer, makeEndpoint, makeKey, makeServerDirectory, matrix } from './model-server.fixture.ts';
import type { RunningModelServer } from './start-model-server.ts';
import { request, startServer } from './started-server.fixture.ts';

describe('an endpoint that keeps answers', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    const bundle = files.addVersion(1, 5);
    files.write([
      makeEndpoint(bundle, {
        cache: { ttlSeconds: 3_600, maxBytes: 100_000 },
        keys: [
          makeKey('secret'),
          makeKey('slow', { requestsPerSecond: 0.001, burst: 1 }),
          makeKey('platform', { purpose: 'probe' }),
        ],
      }),
      makeEndpoint(bundle, { name: 'forgetful' }),
    ]);
    server = await startServer(files.directory, { metricsToken: () => 'scrape' });
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  const askedTwice = async (body: unknown, options: Parameters<typeof infer>[2] = {}) => {
    const first = await infer(server.httpUrl, body, options);
    const second = await infer(server.httpUrl, body, options);
    assert.equal(first.status, 200, first.text);
    assert.deepEqual(second.body.outputs, first.body.outputs);
    return { first: first.body, second: second.body };
  };

  it('answers an equal question without the model, however its columns are named, and says so', async () => {
    const { first, second } = await askedTwice(matrix([[1, 2, 3]], { id: 'again' }));
    assert.equal(first.parameters?.cached, undefined);
    assert.equal(second.parameters?.cached, true);
    assert.notEqual(second.parameters?.prediction_id, first.parameters?.prediction_id);
    const rows = [{ distance: 1, hour: 2, wind: 3 }];
    const named = await request(`${server.httpUrl}/predict/late-flights`, { key: 'secret', body: { rows } });
    assert.equal(named.status, 200, named.text);
    const metrics = await request(`${server.httpUrl}/metrics`, { key: 'scrape' });
    assert.match(metrics.text, /esteira_inference_cached_total\{endpoint="late-flights"\} 2/);
    assert.match(metrics.text, /esteira_response_cache_bytes\{endpoint="late-flights"\} [1-9]/);
  });

  it('logs each answer whole, and tells which were kept ones', async () => {
    await askedTwice(matrix([[4, 2, 3]], { id: 'logged' }));
    const [first, second] = files.spooled().filter(({ q }) => q === 'logged');
    assert.equal(first?.ca, undefined);
    assert.equal(second?.ca, true);
    assert.deepEqual([second?.x, second?.v, second?.y], [first?.x, first?.v, first?.y]);
  });

  it('gives each request the outputs that it asks for', async () => {
    await askedTwice(matrix([[5, 2, 3]]));
    for (const name of ['label', 'probabilities']) {
      const one = await infer(server.httpUrl, matrix([[5, 2, 3]], { outputs: [{ name }] }));
      assert.deepEqual(
        one.body.outputs?.map((output) => output.name),
        [name],
      );
      assert.equal(one.body.parameters?.cached, true);
    }
  });

  it('lets nobody in who would not be, nor oftener', async () => {
    await askedTwice(matrix([[6, 2, 3]]));
    const stranger = await infer(server.httpUrl, matrix([[6, 2, 3]]), { key: 'stranger' });
    assert.equal(stranger.status, 401);
    const slow = () => infer(server.httpUrl, matrix([[6, 2, 3]]), { key: 'slow' });
    assert.equal((await slow()).body.parameters?.cached, true);
    assert.equal((await slow()).status, 429);
  });

  it('puts the questions of the platform, and those that want pieces, to the model', async () => {
    const body = matrix([[7, 2, 3]]);
    await askedTwice(body);
    const { second } = await askedTwice(body, { key: 'platform' });
    assert.equal(second.parameters?.cached, undefined);
    const path = '/v2/models/late-flights/infer_stream';
    const events = await request(server.httpUrl + path, { key: 'secret', body });
    assert.equal(events.status, 200, events.text);
    assert.doesNotMatch(events.text, /"cached"/);
  });

  it('is one that was told to: others ask their model each time', async () => {
    const path = '/v2/models/forgetful/infer';
    const { second } = await askedTwice(matrix([[1, 2, 3]]), { path });
    assert.equal(second.parameters?.cached, undefined);
  });
});
