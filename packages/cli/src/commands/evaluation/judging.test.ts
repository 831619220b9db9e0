import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Installation, startInstallation } from '../../esteira-command.fixture.ts';

describe('what judges answers, from the command line', () => {
  let installation: Installation;
  let experiment: string;
  before(async () => {
    installation = await startInstallation();
    const made = await installation.json(['experiments', 'create', 'support']);
    experiment = made.id;
  });
  after(() => installation.close());

  it('evaluation datasets are made, appended to, listed and deleted', async () => {
    const { id } = await installation.json([
      'eval-datasets',
      'create',
      'questions',
      '--experiment',
      experiment,
    ]);
    const file = join(installation.folder, 'records.jsonl');
    writeFileSync(file, '{"inputs": {"q": 1}, "expectations": {"a": 2}}\n\n{"inputs": {"q": 2}}\n');
    assert.match((await installation.run(['eval-datasets', 'append', id, file])).stdout, /2 added, 0 merged/);
    assert.match((await installation.run(['eval-datasets', 'append', id, file])).stdout, /0 added, 2 merged/);
    writeFileSync(file, '{"inputs": {}}\nno json\n');
    assert.match(
      (await installation.run(['eval-datasets', 'append', id, file])).stderr,
      /line 2, is not JSON/,
    );
    const { items } = await installation.json(['eval-datasets', 'records', id, '--limit', '1']);
    assert.deepEqual(items[0].expectations, { a: 2 });
    await installation.json(['eval-datasets', 'delete-record', id, items[0].id]);
    const listed = await installation.run(['eval-datasets', 'list', '--experiment', experiment]);
    assert.match(listed.stdout, new RegExp(`${id} +questions +1 +support`));
    assert.match((await installation.run(['eval-datasets', 'show', id])).stdout, /experiments +support/);
    await installation.json(['eval-datasets', 'delete', id]);
    assert.match((await installation.run(['eval-datasets', 'show', id])).stderr, /not found/);
  });

  it('scorers are registered, listed with their versions and deleted', async () => {
    const file = join(installation.folder, 'scorer.yaml');
    writeFileSync(file, 'instructions: Is it polite?\n');
    const words = ['scorers', 'register', 'polite', file, '--experiment', experiment];
    const { id } = await installation.json(words);
    assert.match((await installation.run(words)).stdout, /registered version 2/);
    assert.match(
      (await installation.run(['scorers', 'list'])).stdout,
      new RegExp(`${id} +polite +2 +support`),
    );
    assert.match((await installation.run(['scorers', 'show', id])).stdout, /Is it polite\?/);
    assert.equal((await installation.json(['scorers', 'versions', id])).items.length, 2);
    await installation.json(['scorers', 'delete', id, '2']);
    await installation.json(['scorers', 'delete', id]);
    assert.match((await installation.run(['scorers', 'show', id])).stderr, /no scorer/);
    writeFileSync(file, 'call_source: print(1)\n');
    assert.match((await installation.run(words)).stderr, /holds code/);
  });
});
