import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LabelChange } from '@esteira/contracts';
import { EsteiraError } from '../kernel/errors.ts';
import { openRegistryFixture } from './registry.fixture.ts';

type House = Awaited<ReturnType<typeof openRegistryFixture>>;

/** What a refusal says of the change that was asked for instead. */
async function changeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof EsteiraError && error.code === 'LABEL_PROTECTED') {
      assert.match(error.message, /chg_/);
      return String(error.details.change);
    }
    throw error;
  }
  throw new Error('Nothing stood in the way.');
}

describe('a protected label', () => {
  let house: House;
  before(async () => {
    house = await openRegistryFixture();
  });
  after(() => house.close());

  /** A model with two versions, the first of which has an alias and a stage. */
  async function labelled(model: string): Promise<void> {
    const { registry, engineer } = house;
    const run = await house.startRun();
    await house.keep(model, run);
    await house.keep(model, run);
    await registry.moveLabel(engineer, { action: 'set-alias', model, alias: 'champion', version: 1 });
    await registry.moveLabel(engineer, {
      action: 'set-stage',
      model,
      version: 1,
      stage: 'production',
      archiveOthers: false,
    });
  }

  /** Labels and versions of a model, whatever its name became. */
  async function stateOf(model: string) {
    const { registry, engineer } = house;
    const found = await registry.findModel(engineer.workspace, model);
    const versions = await registry.allVersions(engineer.workspace, { model, limit: 10 });
    return found && [found.aliases, versions.map(({ version, stage }) => `${version} ${stage}`)];
  }

  const moves: Record<string, (model: string) => LabelChange> = {
    'pointing it elsewhere': (model) => ({ action: 'set-alias', model, alias: 'champion', version: 2 }),
    'taking it away': (model) => ({ action: 'delete-alias', model, alias: 'champion' }),
    'leaving the stage': (model) => ({
      action: 'set-stage',
      model,
      version: 1,
      stage: 'none',
      archiveOthers: false,
    }),
    'another version that enters the stage': (model) => ({
      action: 'set-stage',
      model,
      version: 2,
      stage: 'production',
      archiveOthers: false,
    }),
    'archiving those in the stage': (model) => ({
      action: 'set-stage',
      model,
      version: 2,
      stage: 'production',
      archiveOthers: true,
    }),
    'renaming the model': (model) => ({ action: 'rename-model', model, newName: `${model}-renamed` }),
    'deleting the version': (model) => ({ action: 'delete-version', model, version: 1 }),
    'deleting the model': (model) => ({ action: 'delete-model', model }),
  };

  for (const [index, [name, moveOf]] of Object.entries(moves).entries()) {
    it(`asks for a change before ${name}, and moves by it`, async () => {
      const { registry, engineer, owner, governance } = house;
      const model = `guarded-${index}`;
      await labelled(model);
      await registry.protectLabels(owner, [`${model}@champion`, `${model}:production`]);
      const before = await stateOf(model);
      const move = moveOf(model);
      const change = await changeOf(registry.moveLabel(engineer, move));
      assert.deepEqual(await stateOf(model), before);
      assert.equal(
        await changeOf(registry.moveLabel(engineer, move)),
        change,
        'a second call opens no second',
      );
      const view = await governance.changes.get(engineer.workspace, change);
      assert.equal(view.state, 'awaiting-approval');
      assert.match(view.plan.blastRadius, /the policy protects guarded/);

      assert.equal(await house.carryOut(change), 'succeeded');
      assert.notDeepEqual(await stateOf(model), before);
      await registry.protectLabels(owner, []);
    });
  }

  it('is one that a staging or production endpoint serves the version of', async () => {
    const { registry, engineer, uses } = house;
    const { workspace } = engineer;
    const model = 'served';
    await labelled(model);
    const [second, first] = await registry.allVersions(workspace, { model, limit: 2 });
    assert.ok(first && second);
    const use = { model, endpoint: 'fraud-live', answering: [first.id], needed: [first.id] };
    uses.push({ ...use, stage: 'development' });
    assert.deepEqual(await registry.labelGuards(workspace, model), []);
    uses.push({ ...use, stage: 'production' });
    assert.deepEqual(
      (await registry.labelGuards(workspace, model)).map(({ kind, label, because, by }) => [
        kind,
        label,
        because,
        by,
      ]),
      [
        ['alias', 'champion', 'served', 'fraud-live'],
        ['stage', 'production', 'served', 'fraud-live'],
      ],
    );
    await changeOf(
      registry.moveLabel(engineer, { action: 'set-alias', model, alias: 'champion', version: 2 }),
    );
    // What stays where it is moves nothing, and a new label is free.
    await registry.moveLabel(engineer, { action: 'set-alias', model, alias: 'champion', version: 1 });
    await registry.moveLabel(engineer, { action: 'set-alias', model, alias: 'challenger', version: 2 });

    const served: LabelChange[] = [
      { action: 'delete-version', model, version: 1 },
      { action: 'delete-model', model },
      { action: 'rename-model', model, newName: 'elsewhere' },
    ];
    for (const move of served)
      await assert.rejects(registry.moveLabel(engineer, move), { code: 'MODEL_IN_USE' });
    await registry.moveLabel(engineer, { action: 'delete-version', model, version: 2 });
    uses.length = 0;
    assert.deepEqual(await registry.labelGuards(workspace, model), []);
  });

  it('is protected by patterns before anything has it', async () => {
    const { registry, engineer, owner } = house;
    await house.keep('fresh', await house.startRun());
    assert.deepEqual(await registry.protectLabels(owner, ['fre*@live', '*:staging']), [
      '*:staging',
      'fre*@live',
    ]);
    await changeOf(
      registry.moveLabel(engineer, { action: 'set-alias', model: 'fresh', alias: 'live', version: 1 }),
    );
    const stage = { action: 'set-stage', model: 'fresh', version: 1, archiveOthers: false } as const;
    await changeOf(registry.moveLabel(engineer, { ...stage, stage: 'staging' }));
    await registry.moveLabel(engineer, { ...stage, stage: 'archived' });
    await registry.moveLabel(engineer, { action: 'set-alias', model: 'fresh', alias: 'lively', version: 1 });
    await registry.protectLabels(owner, []);
  });

  it('is made so by those who may write policies, on the audit log', async () => {
    const { registry, engineer, owner, audit } = house;
    await assert.rejects(registry.protectLabels(engineer, ['*@*']), { code: 'FORBIDDEN' });
    await registry.protectLabels(owner, ['audited@x']);
    const { items } = await audit.list(
      owner.workspace,
      { action: 'registry.protected-labels.replaced' },
      { limit: 1 },
    );
    assert.deepEqual(items[0]?.details, { before: [], patterns: ['audited@x'] });
    await registry.protectLabels(owner, []);
  });

  it('stays where it is for those who may not even ask for a change', async () => {
    const { registry, engineer, owner } = house;
    const model = 'unasked';
    await labelled(model);
    await registry.protectLabels(owner, [`${model}@champion`]);
    const reader = {
      ...engineer,
      actor: { ...engineer.actor, permissions: new Set(['registry:write'] as const) },
    };
    await assert.rejects(registry.moveLabel(reader, { action: 'delete-alias', model, alias: 'champion' }), {
      code: 'FORBIDDEN',
    });
    assert.deepEqual((await stateOf(model))?.[0], { champion: 1 });
    await registry.protectLabels(owner, []);
  });
});
