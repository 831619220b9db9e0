import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelSignature } from '@esteira/contracts';
import {
  infer,
  makeEndpoint,
  makeKey,
  makeServerDirectory,
  pythonFile,
  spawnServer,
} from '../model-server.fixture.ts';
import { startServer } from '../started-server.fixture.ts';

const signature: ModelSignature = {
  task: 'regression',
  inputs: [
    { name: 'distance', datatype: 'FP64', shape: [-1] },
    { name: 'carrier', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [{ name: 'minutes', datatype: 'FP64', shape: [-1] }],
  features: [
    { name: 'distance', type: 'number', input: 'distance', index: 0, missing: false },
    { name: 'carrier', type: 'text', input: 'carrier', index: 0, missing: true },
  ],
  label: null,
  score: { output: 'minutes', column: 0 },
  classes: [],
  operators: [],
  python: pythonFile,
};

const source = `import helper
def predict(columns):
    if "slow" in columns["carrier"]:
        import time
        time.sleep(30)
    if "kill" in columns["carrier"]:
        import os
        os._exit(9)
    return [helper.minutes(x) for x in columns["distance"]]
`;

describe('an endpoint of a Python model', () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;

  before(async () => {
    const python = files.bundle(1, {
      'model/model.py': Buffer.from(source),
      'model/helper.py': Buffer.from('def minutes(x):\n    return x / 6\n'),
      'signature.json': signature,
    });
    const broken = files.bundle(2, {
      'model/model.py': Buffer.from('import nothing_of_this_name'),
      'signature.json': signature,
    });
    files.write([
      makeEndpoint(python, {
        name: 'minutes',
        limits: { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 1_500 },
      }),
      makeEndpoint(broken, {
        name: 'broken',
        keys: [makeKey('of-broken')],
        fallback: { kind: 'rule', rule: { kind: 'constant', score: 7 } },
      }),
    ]);
    server = await spawnServer(files.directory);
    const first = join(files.directory, 'python', 'environments');
    while (!existsSync(first) || (await ask([600], ['AA'])).status === 503) await pause(50);
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    files.remove();
  });

  function ask(distance: readonly number[], carrier: readonly string[], endpoint = 'minutes') {
    const body = {
      inputs: [
        { name: 'distance', shape: [distance.length], datatype: 'FP64', data: distance },
        { name: 'carrier', shape: [carrier.length], datatype: 'BYTES', data: carrier },
      ],
    };
    const key = endpoint === 'minutes' ? 'secret' : 'of-broken';
    return infer(server.url, body, { path: `/v2/models/${endpoint}/infer`, key });
  }

  it('answers as every endpoint does, with its modules beside it, and logs what it answered', async () => {
    const { status, body } = await ask([600, 60], ['AA', '']);
    assert.equal(status, 200);
    assert.deepEqual(body.outputs?.[0]?.data, [100, 10]);
    const id = String(body.parameters?.prediction_id);
    const logged = files.spooled().filter(({ p }) => p.startsWith(id));
    assert.deepEqual(
      logged.map(({ v }) => v),
      [100, 10],
    );
  });

  it('is refused in time when the model takes too long, and answers the next request', async () => {
    const late = await ask([600], ['slow']);
    assert.equal(late.status, 503, late.text);
    const next = await ask([600], ['AA']);
    assert.equal(next.status, 200, next.text);
  });

  it('loses one answer, not the endpoint, when the process of the model dies', async () => {
    const dead = await ask([600], ['kill']);
    assert.equal(dead.status, 500, dead.text);
    assert.equal((await ask([600], ['AA'])).status, 200);
  });

  it('is answered by its fallback when the model cannot be loaded', async () => {
    const { body, text } = await ask([600], ['AA'], 'broken');
    assert.equal(body.parameters?.fallback, true, text);
    assert.deepEqual(body.outputs?.[0]?.data, [7]);
  });

  it('lays its files out for a process that is nobody, below folders that are private', () => {
    const folders = join(files.directory, 'python', 'models');
    const [first] = readdirSync(folders);
    assert.match(
      readFileSync(join(folders, first ?? '', 'model', 'model.py'), 'utf8'),
      /def predict|import nothing/,
    );
  });
});

describe('a model server that is stopped while it makes the environment of a Python model', () => {
  const files = makeServerDirectory();
  after(() => files.remove());

  it('ends the installer with what it started, and leaves nothing half made', async () => {
    const tools = join(files.directory, 'tools');
    const installing = join(files.directory, 'installing');
    mkdirSync(tools);
    const slow = `#!/bin/sh\nsleep 600 &\necho $! > '${installing}.part'\nmv '${installing}.part' '${installing}'\nwait\n`;
    writeFileSync(join(tools, 'uv'), slow, { mode: 0o755 });
    const python = { ...signature.python, requirements: ['package==1.0'] };
    const bundle = files.bundle(1, {
      'model/model.py': Buffer.from('def predict(columns):\n    return columns["distance"]\n'),
      'signature.json': { ...signature, python },
    });
    files.write([makeEndpoint(bundle, { name: 'minutes' })]);
    const environment = { ...process.env, PATH: `${tools}:${process.env.PATH}` };
    const server = await startServer(files.directory, { python: { environment, allowUnsandboxed: false } });
    while (!existsSync(installing)) await pause(20);
    const started = Number(readFileSync(installing, 'utf8'));
    assert.ok(isAlive(started));
    await server.stop();
    for (let tries = 0; isAlive(started); tries++) {
      assert.ok(tries < 200, 'what the installer started is still there');
      await pause(20);
    }
    assert.deepEqual(readdirSync(join(files.directory, 'python', 'environments')), []);
  });
});

/** A process that ended and was not waited for yet is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
