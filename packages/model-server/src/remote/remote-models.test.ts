import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { ModelSignature } from '@esteira/contracts';
import { infer, makeEndpoint, makeKey, makeServerDirectory, spawnServer } from '../model-server.fixture.ts';

const value: ModelSignature = {
  task: 'regression',
  inputs: [{ name: 'x', datatype: 'FP64', shape: [-1] }],
  outputs: [{ name: 'y', datatype: 'FP64', shape: [-1] }],
  features: [{ name: 'x', type: 'number', input: 'x', index: 0, missing: false }],
  label: null,
  score: { output: 'y', column: 0 },
  classes: [],
  operators: [],
};
const chat: ModelSignature = {
  ...value,
  inputs: [{ name: 'prompt', datatype: 'BYTES', shape: [-1] }],
  outputs: [
    { name: 'answer', datatype: 'BYTES', shape: [-1] },
    { name: 'completion_tokens', datatype: 'FP64', shape: [-1] },
  ],
  features: [{ name: 'prompt', type: 'text', input: 'prompt', index: 0, missing: false }],
  score: { output: 'completion_tokens', column: 0 },
};

describe('a model that answers elsewhere', () => {
  const files = makeServerDirectory();
  const calls: { path: string; authorization: string | undefined }[] = [];
  let remote: Server;
  /** Questions that find their connection given up. */
  let resets = 0;
  let url: string;
  let server: Awaited<ReturnType<typeof spawnServer>>;

  before(async () => {
    remote = createServer(async (request, response) => {
      const { authorization } = request.headers;
      calls.push({ path: request.url ?? '', authorization });
      const document = JSON.parse(await textOf(request));
      const x = document.inputs?.[0]?.data?.[0];
      if (resets > 0) {
        resets -= 1;
        request.socket.resetAndDestroy();
      } else if (x === 404) response.writeHead(404).end('nothing of the kind');
      else if (x === 302) response.writeHead(302, { location: '/elsewhere' }).end();
      else if (x === 7) response.end('{"outputs": 7}');
      else if (x === 99) return;
      else if (request.url === '/v1/chat/completions') {
        const content = document.messages[0].content.toUpperCase();
        response.end(
          JSON.stringify({ choices: [{ message: { content } }], usage: { completion_tokens: 3 } }),
        );
      } else {
        const data = document.inputs[0].data.map((one: number) => 2 * one);
        response.end(
          JSON.stringify({ outputs: [{ name: 'y', datatype: 'FP32', shape: [data.length], data }] }),
        );
      }
    });
    remote.keepAliveTimeout = 600_000;
    await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}`;
    const at = (version: number, signature: ModelSignature) =>
      files.bundle(version, { 'signature.json': signature });
    const limits = { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 1_000 };
    const described = {
      kind: 'remote',
      protocol: 'open-inference',
      url,
      model: 'm',
      timeoutMs: 1_000,
    } as const;
    const fallback = { kind: 'rule', rule: { kind: 'constant', score: -1 } } as const;
    files.write(
      [
        makeEndpoint(at(1, { ...value, remote: { ...described, secret: 'token' } }), {
          name: 'doubled',
          limits,
          fallback,
        }),
        makeEndpoint(at(2, { ...chat, remote: { ...described, protocol: 'openai', url: `${url}/v1/` } }), {
          name: 'chat',
          limits,
          keys: [makeKey('of-chat')],
        }),
        makeEndpoint(at(3, { ...value, remote: { ...described, url: 'http://169.254.169.254/latest' } }), {
          name: 'closed',
          keys: [makeKey('of-closed')],
        }),
      ],
      1,
      { token: { origin: url, value: 's3cret' } },
    );
    server = await spawnServer(files.directory, 'export ESTEIRA_ALLOW_PRIVATE_REMOTE_MODELS=true');
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    remote.closeAllConnections();
    remote.close();
    files.remove();
  });

  function ask(x: readonly number[], endpoint = 'doubled', key = 'secret') {
    const body = { inputs: [{ name: 'x', shape: [x.length], datatype: 'FP64', data: x }] };
    return infer(server.url, body, { path: `/v2/models/${endpoint}/infer`, key });
  }

  it('is asked with its secret, and its answer is given and logged as any is', async () => {
    const { status, body, text } = await ask([1, 2.5]);
    assert.equal(status, 200, text);
    assert.deepEqual(body.outputs?.[0]?.data, [2, 5]);
    assert.deepEqual(calls.at(-1), { path: '/v2/models/m/infer', authorization: 'Bearer s3cret' });
    const logged = files.spooled().filter(({ e }) => e === 'doubled');
    assert.deepEqual(
      logged.map(({ v, m }) => [v, m]),
      [
        [2, 'mv_1'],
        [5, 'mv_1'],
      ],
    );
  });

  it('gives texts for prompts, one by one', async () => {
    const body = { inputs: [{ name: 'prompt', shape: [2], datatype: 'BYTES', data: ['hello', 'you'] }] };
    const answer = await infer(server.url, body, { path: '/v2/models/chat/infer', key: 'of-chat' });
    assert.deepEqual(answer.body.outputs?.[0]?.data, ['HELLO', 'YOU']);
    assert.equal(calls.at(-1)?.authorization, undefined);
  });

  it('is asked again when the server has given up the connection that was kept', async () => {
    await ask([1]);
    resets = 1;
    const { body, text } = await ask([3]);
    assert.deepEqual([body.parameters?.fallback, body.outputs?.[0]?.data], [undefined, [6]], text);
    assert.equal(resets, 0);
  });

  it('leaves the answer to the fallback when it refuses, redirects, answers nonsense or is late', async () => {
    for (const x of [404, 302, 7, 99]) {
      const { status, body, text } = await ask([x]);
      assert.equal(status, 200, text);
      assert.deepEqual([body.parameters?.fallback, body.outputs?.[0]?.data], [true, [-1]], String(x));
    }
    assert.ok(!calls.some(({ path }) => path === '/elsewhere'));
  });

  it('is not asked at an address of nobody’s models, and does not tell where it was to be', async () => {
    const { status, text } = await ask([1], 'closed', 'of-closed');
    assert.ok(status >= 500, text);
    assert.doesNotMatch(text, /169/);
  });
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
