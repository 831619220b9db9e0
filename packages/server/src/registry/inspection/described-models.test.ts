import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openRegistryFixture } from '../registry.fixture.ts';

const churn = {
  kind: 'rule',
  task: 'classification',
  columns: { age: 'number', city: 'text' },
  rule: {
    kind: 'table',
    rules: [{ when: { age: { above: 0 }, city: { oneOf: ['', 'Recife'] } }, score: 0.75 }],
    otherwise: 0.25,
  },
};

describe('a model that is described', () => {
  let house: Awaited<ReturnType<typeof openRegistryFixture>>;
  before(async () => {
    house = await openRegistryFixture();
  });
  after(() => house.close());

  async function register(model: string, document: unknown) {
    const { registry, engineer } = house;
    const runId = await house.startRun();
    await house.putFile(runId, 'model/model.json', JSON.stringify(document));
    if ((await registry.findModel(engineer.workspace, model)) === undefined)
      await registry.createModel(engineer, { name: model, description: '' });
    return await registry.registerFromRun(engineer, { model, runId, path: 'model', description: '' });
  }

  it('by a rule is a version with a signature and answers to rows that are made up', async () => {
    const { inspected, created } = await register('ruled', churn);
    assert.equal(created, true);
    assert.ok(inspected !== undefined);
    assert.deepEqual(inspected.signature.rule, churn.rule);
    assert.deepEqual(
      inspected.signature.features.map(({ name, type, missing }) => [name, type, missing]),
      [
        ['age', 'number', true],
        ['city', 'text', true],
      ],
    );
    const { expected, rows, textRows } = await house.registry.examples(inspected);
    for (const [row, score] of expected.entries()) {
      const holds = (rows[row]?.[0] ?? 0) > 0 && textRows[row]?.[0] === 'Recife';
      assert.equal(score, holds ? 0.75 : 0.25);
    }
    assert.equal((await register('ruled', churn)).created, false);
  });

  for (const [flaw, changed, words] of [
    [
      'reads a column it does not name',
      { columns: { age: 'number' } },
      /city, which is not among the columns/,
    ],
    ['compares a text with a number', { columns: { age: 'text', city: 'text' } }, /age holds texts/],
    ['scores beyond a probability', { rule: { ...churn.rule, otherwise: 7 } }, /score 7 is no probability/],
    [
      'asks nothing of a column',
      { rule: { ...churn.rule, rules: [{ when: { age: {} }, score: 1 }] } },
      /asks nothing/,
    ],
  ] as const) {
    it(`is refused when its rule ${flaw}`, async () => {
      await assert.rejects(register('flawed', { ...churn, ...changed }), words);
    });
  }

  const chain = {
    kind: 'pipeline',
    task: 'classification',
    columns: { years: 'number', city: 'text' },
    steps: [
      { name: 'clean', map: { age: { from: 'years', whenMissing: 1 } } },
      { name: 'base', model: 'models:/ruled/1', inputs: { age: 'clean.age' } },
      { name: 'vote', combine: 'vote', of: { base: 1 } },
    ],
    answer: 'vote',
  };

  it('by a pipeline holds the versions of its steps with their files, as they are now', async () => {
    const base = await register('ruled', churn);
    const { inspected } = await register('chained', chain);
    assert.ok(inspected !== undefined);
    const pinned = inspected.signature.pipeline?.pinned.base;
    assert.deepEqual([pinned?.modelVersionId, pinned?.digest], [base.id, base.inspected?.digest]);
    const paths = inspected.artifacts.map(({ path }) => path);
    assert.ok(paths.includes('steps/base/signature.json'), paths.join(', '));
  });

  it('by a pipeline has steps of every kind but a pipeline, and says what they need', async () => {
    const { registry, engineer } = house;
    const runId = await house.startRun();
    const signature = { inputs: [{ type: 'double', name: 'x' }], outputs: [{ type: 'double', name: 'y' }] };
    await house.putFile(runId, 'code/model.py', 'def predict(columns): return columns["x"]');
    await house.putFile(runId, 'code/signature.json', JSON.stringify(signature));
    const far = { kind: 'remote', protocol: 'open-inference', url: 'https://far.example', model: 'm' };
    await house.putFile(runId, 'far/model.json', JSON.stringify({ ...far, secret: 'partner' }));
    await house.putFile(runId, 'far/signature.json', JSON.stringify(signature));
    for (const model of ['code', 'far']) {
      await registry.createModel(engineer, { name: model, description: '' });
      await registry.registerFromRun(engineer, { model, runId, path: model, description: '' });
    }
    const mixed = {
      kind: 'pipeline',
      task: 'regression',
      columns: { x: 'number' },
      steps: [
        { name: 'here', model: 'models:/code/1', timeoutMs: 200 },
        { name: 'there', model: 'models:/far/1' },
        { name: 'both', combine: 'average', of: { here: 1, there: 1 } },
      ],
      answer: 'both',
    };
    const { inspected } = await register('mixed', mixed);
    const { here, there } = inspected?.signature.pipeline?.pinned ?? {};
    assert.deepEqual([here?.python, here?.secret], [true, undefined]);
    assert.deepEqual([there?.python, there?.secret], [undefined, 'partner']);
    assert.ok(inspected?.artifacts.some(({ path }) => path === 'steps/here/model/model.py'));
    const nested = { ...mixed, steps: [{ name: 'both', model: 'models:/mixed/1' }] };
    await assert.rejects(register('nested', nested), /models:\/mixed\/1, which is a pipeline itself/);
  });

  const [clean, base, vote] = chain.steps;
  for (const [flaw, changed, words] of [
    [
      'names a version that is not there',
      { steps: [clean, { ...base, model: 'models:/ruled/9' }, vote] },
      /ruled\/9/,
    ],
    [
      'reads what nothing is called',
      { steps: [clean, { ...base, inputs: {} }, vote] },
      /reads age, which nothing/,
    ],
    [
      'reads a text as a number',
      { steps: [clean, { ...base, inputs: { age: 'city' } }, vote] },
      /age as a number/,
    ],
    [
      'needs itself',
      { steps: [{ name: 'clean', map: { age: { from: 'vote' } } }, base, vote] },
      /clean → vote → base → clean/,
    ],
    ['has no such answer', { answer: 'clean' }, /clean maps columns/],
    ['calls two steps the same', { steps: [...chain.steps, vote] }, /two steps are called vote/],
  ] as const) {
    it(`is refused when its pipeline ${flaw}`, async () => {
      await assert.rejects(register('flawed-chain', { ...chain, ...changed }), words);
    });
  }

  it('elsewhere has the signature that comes with it, and no address of an inner network', async () => {
    const remote = { kind: 'remote', protocol: 'openai', url: 'https://llm.example/v1', model: 'small' };
    const { inspected } = await register('remote', remote);
    assert.deepEqual(inspected?.signature.remote, { ...remote, timeoutMs: 10_000 });
    await assert.rejects(
      register('remote', { ...remote, url: 'https://10.0.0.1/v1' }),
      /non-public IP address/,
    );
    await assert.rejects(register('remote', { ...remote, url: 'http://llm.example/v1' }), /Allowed schemes/);
    await assert.rejects(register('remote', { ...remote, protocol: 'open-inference' }), /has no signature/);
  });
});
