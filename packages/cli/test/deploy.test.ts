import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runHere } from '../src/esteira-command.fixture.ts';
import { createPlace, type Installation, ownerToken, type Place } from './installation.fixture.ts';
import { answerOf, writeLinearModel, writeZipMapClassifier } from './onnx-files.fixture.ts';

interface Deployed {
  readonly endpoint: string;
  readonly version: number;
  readonly url: string;
  readonly grpc: string;
  readonly key: string | null;
  readonly changed: boolean;
}

const first = { coefficients: [1, 2, 3], intercept: 0.5 };
const second = { coefficients: [10, 20, 30], intercept: -1 };
const row = [1, 2, 3];
const signature = {
  inputs: JSON.stringify(['x0', 'x1', 'x2'].map((name) => ({ name, type: 'double', required: true }))),
  outputs: JSON.stringify([{ name: 'variable', type: 'float', required: true }]),
  params: null,
};

describe('esteira deploy', () => {
  let place: Place;
  let installation: Installation;
  let folder: string;

  before(async () => {
    place = createPlace();
    installation = await place.start({ environment: { ESTEIRA_ALLOW_PRIVATE_REMOTE_MODELS: 'true' } });
    folder = mkdtempSync(join(tmpdir(), 'esteira-deploy-'));
  });
  after(async () => {
    await place.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  function command(...words: string[]) {
    const environment = { ESTEIRA_URL: installation.url, ESTEIRA_TOKEN: ownerToken, HOME: folder };
    return runHere(words, { environment });
  }

  async function deploy(...words: string[]): Promise<Deployed> {
    const { code, stdout, stderr } = await command('deploy', ...words, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Deployed;
  }

  async function refusal(...words: string[]): Promise<string> {
    const { code, stderr } = await command('deploy', ...words);
    assert.notEqual(code, 0);
    return stderr;
  }

  async function ask(
    deployed: Pick<Deployed, 'url' | 'endpoint'>,
    key: string,
    body: unknown,
    path = 'infer',
  ) {
    const at =
      path === 'infer' ? `/v2/models/${deployed.endpoint}/infer` : `/models/${deployed.endpoint}/invocations`;
    const answer = await fetch(deployed.url + at, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text };
  }

  const matrix = { inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 3], data: row }] };
  const scoreIn = (text: string) =>
    (JSON.parse(text) as { outputs: { data: number[] }[] }).outputs[0]?.data[0];

  it('makes a file answer at a public address, and changes nothing when it is repeated', async () => {
    const path = writeLinearModel(join(folder, 'model.onnx'), first);
    const deployed = await deploy(path, '--name', 'churn');
    assert.deepEqual([deployed.endpoint, deployed.version], ['churn', 1]);
    assert.match(deployed.grpc, /:\d+$/);
    const answer = await ask(deployed, deployed.key ?? '', matrix);
    assert.equal(scoreIn(answer.text), answerOf(first, row), answer.text);
    assert.equal((await ask(deployed, 'esk_nobody', matrix)).status, 401);
    const { revision } = await installation.client.serving.endpoint({ params: { name: 'churn' } });

    const again = await deploy(path, '--name', 'churn');
    assert.deepEqual([again.version, again.key, again.changed], [1, null, false]);
    const after = await installation.client.serving.endpoint({ params: { name: 'churn' } });
    assert.equal(after.revision, revision);
    const versions = await installation.client.registry.versions({ params: { name: 'churn' } });
    assert.equal(versions.items.length, 1);
    assert.match(versions.items[0]?.unproven ?? '', /evaluation/);
  });

  it('switches to new bytes without a failed request', async () => {
    const path = writeLinearModel(join(folder, 'switch.onnx'), first);
    const deployed = await deploy(path, '--name', 'switching');
    const key = deployed.key ?? '';
    let over = false;
    const seen = new Set<number | undefined>();
    const failures: string[] = [];
    const caller = (async () => {
      while (!over) {
        const answer = await ask(deployed, key, matrix);
        if (answer.status === 200) seen.add(scoreIn(answer.text));
        else failures.push(`${answer.status} ${answer.text}`);
      }
    })();
    writeLinearModel(path, second);
    const switched = await deploy(path, '--name', 'switching');
    assert.equal(switched.version, 2);
    const last = await ask(deployed, key, matrix);
    over = true;
    await caller;
    assert.deepEqual(failures, []);
    assert.equal(scoreIn(last.text), answerOf(second, row));
    assert.ok(seen.has(answerOf(first, row)));
  });

  it('refuses what cannot be served and says what to do', async () => {
    const whole = writeLinearModel(join(folder, 'whole.onnx'), first);
    writeFileSync(join(folder, 'cut.onnx'), readFileSync(whole).subarray(0, 90));
    assert.match(await refusal(join(folder, 'cut.onnx'), '--name', 'cut'), /not a whole ONNX graph/);
    const zipMap = writeLinearModel(join(folder, 'zipmap.onnx'), { ...first, zipMap: true });
    assert.match(await refusal(zipMap, '--name', 'zipmap'), /zipmap=False/);
    const oneRow = writeLinearModel(join(folder, 'one-row.onnx'), { ...first, rows: 1 });
    assert.match(await refusal(oneRow, '--name', 'one-row'), /first dimension that varies/);
    writeFileSync(join(folder, 'model.pkl'), '');
    assert.match(await refusal(join(folder, 'model.pkl')), /have it converted \(--convert onnx/);
    const sklearn = join(folder, 'sklearn-model');
    mkdirSync(sklearn, { recursive: true });
    writeFileSync(join(sklearn, 'MLmodel'), 'flavors:\n  sklearn:\n    pickled_model: model.pkl\n');
    assert.match(
      await refusal(sklearn, '--name', 'sklearn'),
      /neither the flavour onnx nor the flavour python_function/,
    );
    assert.match(await refusal(join(folder, 'nothing.onnx')), /There is nothing/);
    const { items } = await installation.client.serving.endpoints({ query: {} });
    assert.ok(!items.some(({ name }) => ['cut', 'zipmap', 'one-row', 'sklearn'].includes(name)));
  });

  it('takes a ZipMap off, as CatBoost writes one always, and knows the file again', async () => {
    const path = writeZipMapClassifier(join(folder, 'zipped.onnx'));
    const deployed = await deploy(path, '--name', 'zipped');
    const inputs = [{ name: 'X', datatype: 'FP32', shape: [1, 1], data: [0.5] }];
    const { text } = await ask(deployed, deployed.key ?? '', { inputs });
    const { outputs } = JSON.parse(text) as { outputs: { name: string; shape: number[]; data: number[] }[] };
    const probabilities = outputs.find(({ name }) => name === 'probabilities');
    assert.deepEqual(probabilities?.shape, [1, 2], text);
    assert.ok(Math.abs((probabilities?.data[1] ?? 0) - 1 / (1 + Math.exp(-1))) < 1e-6, text);
    assert.equal((await deploy(path, '--name', 'zipped')).changed, false);
  });

  it('names columns by a signature file, and runs stored cases before anything answers', async () => {
    const path = writeLinearModel(join(folder, 'named.onnx'), first);
    const file = join(folder, 'signature.json');
    writeFileSync(file, JSON.stringify(signature));
    const inputs = { x0: 1, x1: 2, x2: 3 };
    const cases = join(folder, 'cases.json');
    writeFileSync(cases, JSON.stringify([{ inputs, expected: answerOf(first, row) }]));
    const deployed = await deploy(path, '--name', 'named', '--signature', file, '--test', cases);
    const columns = Object.entries(inputs).map(([name, value]) => ({
      name,
      datatype: 'FP64',
      shape: [1],
      data: [value],
    }));
    const byColumns = await ask(deployed, deployed.key ?? '', { inputs: columns });
    assert.equal(scoreIn(byColumns.text), answerOf(first, row), byColumns.text);
    const scored = await ask(deployed, deployed.key ?? '', { dataframe_records: [inputs] }, 'invocations');
    assert.ok(scored.text.includes(String(answerOf(first, row))), scored.text);

    writeLinearModel(path, second);
    const { code, stderr } = await command(
      ...['deploy', path, '--name', 'named', '--signature', file, '--test', cases],
    );
    assert.equal(code, 3, stderr);
    assert.match(stderr, /1 of 1 cases failed/);
    const still = await ask(deployed, deployed.key ?? '', { inputs: columns });
    assert.equal(scoreIn(still.text), answerOf(first, row));
    writeFileSync(
      file,
      JSON.stringify({ ...signature, inputs: JSON.stringify([{ name: 'x0', type: 'double' }]) }),
    );
    assert.match(await refusal(path, '--name', 'misfit', '--signature', file), /X has 3 places/);
  });

  it('takes a rule as a model of its own', async () => {
    const path = join(folder, 'rule.json');
    const rules = [{ when: { x0: { above: 2 } }, score: 1 }];
    const document = {
      kind: 'rule',
      task: 'regression',
      columns: { x0: 'number' },
      rule: { kind: 'table', rules, otherwise: 0 },
    };
    writeFileSync(path, JSON.stringify(document));
    const deployed = await deploy(path, '--name', 'ruled');
    const answer = await ask(deployed, deployed.key ?? '', {
      inputs: [{ name: 'x0', datatype: 'FP64', shape: [2], data: [3, 1] }],
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(scoreIn(answer.text), 1);
    const steps = [
      { name: 'half', map: { x: { from: 'given', scale: 0.5 } } },
      { name: 'base', model: 'models:/ruled/1', inputs: { x0: 'half.x' } },
    ];
    const columns = { given: 'number' };
    const pipeline = { kind: 'pipeline', task: 'regression', columns, steps, answer: 'base' };
    writeFileSync(join(folder, 'pipeline.json'), JSON.stringify(pipeline));
    const chained = await deploy(join(folder, 'pipeline.json'), '--name', 'chained');
    const halved = await ask(chained, chained.key ?? '', {
      inputs: [{ name: 'given', datatype: 'FP64', shape: [2], data: [6, 3] }],
    });
    assert.deepEqual(JSON.parse(halved.text).outputs[0].data, [1, 0]);
    writeFileSync(path, JSON.stringify({ ...document, columns: { x1: 'number' } }));
    assert.match(await refusal(path, '--name', 'ruled'), /x0, which is not among the columns/);
  });

  it('puts a model that answers elsewhere on an endpoint, asked with a secret for that server alone', async () => {
    const remote = createServer((request, response) => {
      request.resume().on('end', () => {
        const known = request.headers.authorization === 'Bearer s3cret';
        const data = [known ? 42 : -1];
        response.end(JSON.stringify({ outputs: [{ name: 'variable', datatype: 'FP32', shape: [1], data }] }));
      });
    });
    await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(remote.address() as AddressInfo).port}`;
    const file = join(folder, 'remote-signature.json');
    writeFileSync(file, JSON.stringify(signature));
    writeFileSync(join(folder, 'token'), 's3cret\n');
    const put = [
      'models',
      'secrets',
      'put',
      'token',
      '--origin',
      origin,
      '--value-file',
      join(folder, 'token'),
    ];
    const { code, stderr } = await command(...put);
    assert.equal(code, 0, stderr);
    const words = ['--name', 'elsewhere', '--signature', file, '--secret', 'token'];
    const deployed = await deploy('--remote', origin, ...words);
    const body = { dataframe_records: [{ x0: 1, x1: 2, x2: 3 }] };
    const answer = await ask(deployed, deployed.key ?? '', body, 'invocations');
    remote.close();
    assert.match(answer.text, /42/);
    assert.match(await refusal('--remote', 'http://169.254.169.254', ...words), /non-public IP address/);
  });

  it('takes the folder of an MLflow model, a folder or a file of a run, a version, and follows an alias', async () => {
    const model = join(folder, 'mlflow-model');
    mkdirSync(model, { recursive: true });
    writeLinearModel(join(model, 'model.onnx'), first);
    const text = `flavors:\n  onnx:\n    data: model.onnx\nsignature:\n  inputs: '${signature.inputs}'\n  outputs: '${signature.outputs}'\n  params: null\n`;
    writeFileSync(join(model, 'MLmodel'), text);
    const deployed = await deploy(model, '--name', 'folder');
    assert.equal(deployed.version, 1);
    const { items } = await installation.client.registry.versions({ params: { name: 'folder' } });
    assert.deepEqual(
      items[0]?.signature?.features.map(({ name }) => name),
      ['x0', 'x1', 'x2'],
    );

    const source = items[0]?.source ?? '';
    assert.match(source, /^runs:\/.+\/model$/);
    const fromRun = await deploy(source, '--name', 'from-run');
    assert.equal(fromRun.version, 1);
    const bare = await deploy(`${source}/model.onnx`, '--name', 'from-file');
    const answer = await ask(bare, bare.key ?? '', matrix);
    assert.equal(scoreIn(answer.text), answerOf(first, row), answer.text);
    assert.equal((await deploy(`${source}/model.onnx`, '--name', 'from-file')).changed, false);
    assert.match(
      await refusal(`${source}/none.onnx`, '--name', 'from-none'),
      /no files at model\/none\.onnx/,
    );

    writeLinearModel(join(model, 'model.onnx'), second);
    assert.equal((await deploy(model, '--name', 'folder')).version, 2);
    await installation.client.registry.setAlias({
      params: { name: 'folder', alias: 'champion' },
      body: { version: 1 },
    });
    const followed = await deploy('models:/folder@champion', '--name', 'follower', '--follow');
    assert.equal(followed.version, 1);
    const pinned = await deploy('models:/folder/1', '--name', 'pinned');
    await installation.client.registry.setAlias({
      params: { name: 'folder', alias: 'champion' },
      body: { version: 2 },
    });
    const moved = async (): Promise<boolean> =>
      scoreIn((await ask(followed, followed.key ?? '', matrix)).text) === answerOf(second, row);
    for (let attempt = 0; !(await moved()); attempt++) {
      assert.ok(attempt < 400, 'the endpoint does not follow its alias');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const kept = await ask(pinned, pinned.key ?? '', matrix);
    assert.equal(scoreIn(kept.text), answerOf(first, row));
  });

  it('asks for a change in staging, whose gates let no unproven version through', async () => {
    const path = writeLinearModel(join(folder, 'staged.onnx'), first);
    const { code, stdout } = await command(
      'deploy',
      path,
      '--name',
      'staged',
      '--stage',
      'staging',
      '--json',
    );
    assert.equal(code, 3);
    const { change, key } = JSON.parse(stdout) as { change: { state: string }; key: null };
    assert.deepEqual([change.state, key], ['refused', null]);
    const { desired } = await installation.client.serving.endpoint({ params: { name: 'staged' } });
    assert.deepEqual(desired.arms, []);
    const other = await command('deploy', path, '--name', 'staged', '--json');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /of the stage staging, not development/);
  });

  it('makes keys that open several endpoints, with a quota, an end and a successor', async () => {
    const path = writeLinearModel(join(folder, 'keys.onnx'), first);
    const [a, b, c] = await Promise.all(
      ['key-a', 'key-b', 'key-c'].map((name) => deploy(path, '--name', name)),
    );
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    const made = async (...words: string[]) => {
      const answer = await command(
        'keys',
        'create',
        '--endpoint',
        'key-a',
        '--endpoint',
        'key-b',
        ...words,
        '--json',
      );
      assert.equal(answer.code, 0, answer.stderr);
      return JSON.parse(answer.stdout) as { id: string; key: string };
    };
    const known = async (key: string) => {
      for (let attempt = 0; (await ask(a, key, {})).status === 401; attempt++) {
        assert.ok(attempt < 200, 'the key is not known');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const shared = await made('--rps', '500', '--allow', 'explain', '--allow', 'repository');
    await known(shared.key);
    assert.equal((await ask(a, shared.key, matrix)).status, 200);
    assert.equal((await ask(b, shared.key, matrix)).status, 200);
    assert.equal((await ask(c, shared.key, matrix)).status, 404);
    const load = (key: string) => {
      const url = new URL('/v2/repository/models/key-a/load', a.url);
      return fetch(url, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
    };
    assert.equal((await load(shared.key)).status, 200);

    const scarce = await made('--rps', '500', '--quota', '4/day');
    await known(scarce.key);
    assert.equal((await load(scarce.key)).status, 403);
    const statuses: number[] = [];
    let refused: Headers | undefined;
    for (let request = 0; request < 5; request++) {
      const answer = await ask(request % 2 === 0 ? a : b, scarce.key, matrix);
      statuses.push(answer.status);
      if (answer.status === 429) refused = answer.headers;
    }
    // The question by which it was seen to be known counts as well.
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    const wait = Number(refused?.get('retry-after'));
    assert.ok(wait > 0 && wait <= 86_400, String(wait));

    const rotated = await command('keys', 'rotate', shared.id, '--overlap', '0', '--json');
    const successor = JSON.parse(rotated.stdout) as { key: string; endpoints: string[]; replacesId: string };
    assert.deepEqual([successor.endpoints, successor.replacesId], [['key-a', 'key-b'], shared.id]);
    await known(successor.key);
    assert.equal((await load(successor.key)).status, 200);
    assert.equal((await ask(b, successor.key, matrix)).status, 200);
    assert.equal((await ask(a, shared.key, matrix)).status, 401);

    assert.equal((await command('keys', 'revoke', scarce.id)).code, 0);
    const { stdout } = await command('keys', 'list', 'key-b', '--json');
    const { items } = JSON.parse(stdout) as { items: { id: string; lastUsedAt: number | null }[] };
    assert.ok(!items.some(({ id }) => id === scarce.id));
    assert.ok(!stdout.includes('esk_'), 'keys are shown once');
  });

  it('keeps answers for equal questions, which the log tells', async () => {
    const path = writeLinearModel(join(folder, 'keeping.onnx'), first);
    const deployed = await deploy(path, '--name', 'keeping');
    const neither = await command('endpoints', 'cache', 'keeping');
    assert.match(neither.stderr, /Give either --ttl or --off/);
    const set = await command('endpoints', 'cache', 'keeping', '--ttl', '3600');
    assert.equal(set.code, 0, set.stderr);
    const inputs = [{ name: 'X', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }];
    const isKept = async () => {
      const { text } = await ask(deployed, deployed.key ?? '', { inputs });
      return text.includes('"cached":true');
    };
    while (!(await isKept())) await new Promise((resolve) => setTimeout(resolve, 50));
    const params = { name: 'keeping' };
    const isLogged = async () => {
      const { items } = await installation.client.serving.predictions({ params, query: { limit: 50 } });
      return items.some(({ cached }) => cached === true) && items.some(({ cached }) => cached === null);
    };
    while (!(await isLogged())) await new Promise((resolve) => setTimeout(resolve, 50));
    const off = await command('endpoints', 'cache', 'keeping', '--off', '--json');
    assert.equal((JSON.parse(off.stdout) as { desired: { cache?: object } }).desired.cache, undefined);
  });

  it('applies policies of requests, and logs each application', async () => {
    const path = writeLinearModel(join(folder, 'policies.onnx'), first);
    const deployed = await deploy(path, '--name', 'policies');
    const policies = join(folder, 'policies.yaml');
    writeFileSync(policies, 'X_0: {policy: clamp, maximum: 10}\nX_1: {policy: reject, minimum: 0}\n');
    const set = await command('endpoints', 'policies', 'policies', '--set', policies);
    assert.equal(set.code, 0, set.stderr);
    const send = (data: number[]) =>
      ask(deployed, deployed.key ?? '', {
        inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 3], data }],
      });
    const clamped = async () => scoreIn((await send([100, 0, 0])).text) === answerOf(first, [10, 0, 0]);
    for (let attempt = 0; !(await clamped()); attempt++) {
      assert.ok(attempt < 200, 'the policies are not in force');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const rejected = await send([0, -1, 0]);
    assert.equal(rejected.status, 400);
    assert.match(rejected.text, /X_1 is below 0 in row 0/);
    const logged = async () => {
      const { items } = await installation.client.serving.predictions({
        params: { name: 'policies' },
        query: { limit: 50 },
      });
      return items.some((item) => item.policies_applied === '{"X_0":"clamp"}' && item.f_X_0 === 10);
    };
    for (let attempt = 0; !(await logged()); attempt++) {
      assert.ok(attempt < 200, 'what the policy did is not in the log');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    writeFileSync(policies, 'salary: {policy: reject, minimum: 0}\n');
    const unfit = await command('endpoints', 'policies', 'policies', '--set', policies);
    assert.match(unfit.stderr, /no feature salary/);
    const described = await command('endpoints', 'openapi', 'policies', '--json');
    const document = JSON.parse(described.stdout) as { openapi: string; paths: Record<string, unknown> };
    assert.equal(document.openapi, '3.1.0');
    const told = await fetch(`${deployed.url}/v2/models/policies/openapi.json`, {
      headers: { authorization: `Bearer ${deployed.key}` },
    });
    assert.deepEqual(
      Object.keys(((await told.json()) as typeof document).paths),
      Object.keys(document.paths),
    );
    assert.ok('/v2/models/policies/infer' in document.paths);
  });

  it('puts a Python file on an endpoint, in a process that reaches nothing', async () => {
    const file = join(folder, 'minutes.py');
    writeFileSync(
      file,
      `import os
def predict(columns):
    return [d / 6 + os.path.exists("/etc/passwd") for d in columns["distance"]]
`,
    );
    const described = join(folder, 'minutes.json');
    writeFileSync(
      described,
      JSON.stringify({
        inputs: JSON.stringify([{ name: 'distance', type: 'double', required: true }]),
        outputs: JSON.stringify([{ name: 'minutes', type: 'double' }]),
      }),
    );
    assert.match(await refusal(file, '--name', 'minutes'), /no signature; give it one/);
    const deployed = await deploy(file, '--name', 'minutes', '--signature', described);
    const answer = await ask(
      deployed,
      deployed.key ?? '',
      { dataframe_split: { columns: ['distance'], data: [[600], [60]] } },
      'invocations',
    );
    assert.deepEqual(JSON.parse(answer.text), { predictions: [{ minutes: 100 }, { minutes: 10 }] });
    assert.equal((await deploy(file, '--name', 'minutes', '--signature', described)).changed, false);
  });
});
