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
});
