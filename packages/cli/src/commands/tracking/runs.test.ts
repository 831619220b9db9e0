import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Installation, startInstallation } from '../../esteira-command.fixture.ts';

describe('runs and experiments, from the command line', () => {
  let installation: Installation;
  before(async () => {
    installation = await startInstallation();
  });
  after(() => installation.close());

  it('runs are listed with the values that are asked for, and no others are read', async () => {
    const { id } = await installation.json(['runs', 'start', 'first', '--experiment', 'sweep']);
    await installation.json([
      'runs',
      'log',
      id,
      '--param',
      'lr=0.1',
      '--metric',
      'auc=0.5',
      '--metric',
      'loss=2',
    ]);
    const words = ['runs', 'list', '--columns', 'params.lr, metrics.auc,params.none'];
    const { items } = await installation.json(words);
    assert.deepEqual([items[0].params, Object.keys(items[0].metrics)], [{ lr: '0.1' }, ['auc']]);
    const [head, row] = (await installation.run(words)).stdout.split('\n');
    assert.match(head ?? '', /started +params\.lr +metrics\.auc +params\.none/);
    assert.match(row ?? '', / 0\.1 +0\.5/);
    assert.deepEqual((await installation.json(['runs', 'list', '--columns', ''])).items[0].params, {});
    assert.match((await installation.run(['runs', 'list'])).stdout, /auc=0\.5 loss=2/);
  });

  it('deleted experiments are listed by themselves', async () => {
    const { id } = await installation.json(['experiments', 'create', 'gone']);
    await installation.json(['experiments', 'delete', id]);
    assert.doesNotMatch((await installation.run(['experiments', 'list'])).stdout, /gone/);
    assert.match(
      (await installation.run(['experiments', 'list', '--deleted'])).stdout,
      new RegExp(`${id} +gone`),
    );
  });
});
