import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { registryApi } from '@esteira/contracts';
import { EsteiraError } from '../../../kernel/errors.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import { base, type Message, openRegistryWire } from './registry-wire.fixture.ts';

describe('a protected label', () => {
  let house: Awaited<ReturnType<typeof openRegistryWire>>;
  before(async () => {
    house = await openRegistryWire();
  });
  after(() => house.close());

  /** The same call in the words of MLflow and in our own. */
  const calls: Record<
    string,
    (name: string) => {
      wire: [WireRoute['method'], string, Message];
      native: [keyof typeof registryApi, Message];
    }
  > = {
    'set an alias': (name) => ({
      wire: ['POST', '/registered-models/alias', { name, alias: 'champion', version: '2' }],
      native: ['setAlias', { params: { name, alias: 'champion' }, body: { version: 2 } }],
    }),
    'delete an alias': (name) => ({
      wire: ['DELETE', '/registered-models/alias', { name, alias: 'champion' }],
      native: ['deleteAlias', { params: { name, alias: 'champion' } }],
    }),
    'rename the model': (name) => ({
      wire: ['POST', '/registered-models/rename', { name, new_name: `${name}-new` }],
      native: ['renameModel', { params: { name }, body: { name: `${name}-new` } }],
    }),
    'move to a stage': (name) => ({
      wire: ['POST', '/model-versions/transition-stage', { name, version: '2', stage: 'Production' }],
      native: [
        'setStage',
        { params: { name, version: '2' }, body: { stage: 'production', archiveOthers: false } },
      ],
    }),
    'archive those in a stage': (name) => ({
      wire: [
        'POST',
        '/model-versions/transition-stage',
        { name, version: '2', stage: 'Production', archive_existing_versions: true },
      ],
      native: [
        'setStage',
        { params: { name, version: '2' }, body: { stage: 'production', archiveOthers: true } },
      ],
    }),
    'delete the version': (name) => ({
      wire: ['DELETE', '/model-versions/delete', { name, version: '1' }],
      native: ['deleteVersion', { params: { name, version: '1' } }],
    }),
    'delete the model': (name) => ({
      wire: ['DELETE', '/registered-models/delete', { name }],
      native: ['deleteModel', { params: { name } }],
    }),
  };

  for (const [title, callOf] of Object.entries(calls)) {
    it(`does not ${title} without a change, whichever way it is asked`, async () => {
      const { registry, engineer, owner, send } = house;
      const { workspace } = engineer;
      const name = title.replaceAll(' ', '-');
      const run = await house.startRun();
      await house.createModel(name);
      await house.createVersion(name, run);
      await house.createVersion(name, run);
      await registry.moveLabel(engineer, { action: 'set-alias', model: name, alias: 'champion', version: 1 });
      const stage = {
        action: 'set-stage',
        model: name,
        version: 1,
        stage: 'production',
        archiveOthers: false,
      } as const;
      await registry.moveLabel(engineer, stage);
      await registry.protectLabels(owner, ['*@champion', '*:production']);
      const state = async () => [
        await registry.findModel(workspace, name),
        await registry.allVersions(workspace, { model: name, limit: 10 }),
      ];
      const before = await state();

      const { wire, native } = callOf(name);
      const [method, path, body] = wire;
      const answer = await send(method, base + path, { body });
      const { error_code, message } = answer.json<{ error_code: string; message: string }>();
      assert.deepEqual([answer.statusCode, error_code], [403, 'PERMISSION_DENIED'], answer.body);
      const change = /chg_\w+/.exec(message)?.[0];
      assert.ok(change, message);

      const [route, request] = native;
      const binding = registry.routes.find(({ route: { id } }) => id === `registry.${route}`);
      assert.ok(binding);
      await assert.rejects(
        binding.handle({ query: {}, ...request }, engineer, new AbortController().signal),
        (error: unknown) =>
          error instanceof EsteiraError &&
          error.code === 'LABEL_PROTECTED' &&
          error.details.change === change,
      );
      assert.deepEqual(await state(), before);
      assert.equal(await house.carryOut(change), 'succeeded');
      assert.notDeepEqual(await state(), before);
      await registry.protectLabels(owner, []);
    });
  }

  it('and a served version stand against deletion and another name on the wire', async () => {
    const { createModel, createVersion, registry, engineer, uses, refused } = house;
    await createModel('in-use');
    await createVersion('in-use', await house.startRun());
    const version = await registry.resolveVersion(engineer.workspace, 'in-use', '1');
    const needed = [version?.id ?? ''];
    uses.push({ model: 'in-use', endpoint: 'live', stage: 'production', answering: [], needed });
    const name = 'in-use';
    assert.equal(
      await refused('DELETE', `${base}/model-versions/delete`, { body: { name, version: '1' } }),
      '403 PERMISSION_DENIED',
    );
    assert.equal(
      await refused('DELETE', `${base}/registered-models/delete`, { body: { name } }),
      '403 PERMISSION_DENIED',
    );
    assert.equal(
      await refused('POST', `${base}/registered-models/rename`, { body: { name, new_name: 'x' } }),
      '403 PERMISSION_DENIED',
    );
  });
});
