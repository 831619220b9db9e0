import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Installation, runHere, startInstallation } from '../../esteira-command.fixture.ts';

describe('what judges answers, from the command line', () => {
  let installation: Installation;
  let experiment: string;
  before(async () => {
    installation = await startInstallation();
    const made = await json(['experiments', 'create', 'support']);
    experiment = made.id;
  });
  after(() => installation.close());

  async function run(words: readonly string[]) {
    return await runHere(words, { environment: installation.environment });
  }

  async function json(words: readonly string[]) {
    const { code, stdout, stderr } = await run([...words, '--json']);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  it('evaluation datasets are made, appended to, listed and deleted', async () => {
    const { id } = await json(['eval-datasets', 'create', 'questions', '--experiment', experiment]);
    const file = join(installation.folder, 'records.jsonl');
    writeFileSync(file, '{"inputs": {"q": 1}, "expectations": {"a": 2}}\n\n{"inputs": {"q": 2}}\n');
    assert.match((await run(['eval-datasets', 'append', id, file])).stdout, /2 added, 0 merged/);
    assert.match((await run(['eval-datasets', 'append', id, file])).stdout, /0 added, 2 merged/);
    writeFileSync(file, '{"inputs": {}}\nno json\n');
    assert.match((await run(['eval-datasets', 'append', id, file])).stderr, /line 2, is not JSON/);
    const { items } = await json(['eval-datasets', 'records', id, '--limit', '1']);
    assert.deepEqual(items[0].expectations, { a: 2 });
    await json(['eval-datasets', 'delete-record', id, items[0].id]);
    const listed = await run(['eval-datasets', 'list', '--experiment', experiment]);
    assert.match(listed.stdout, new RegExp(`${id} +questions +1 +support`));
    assert.match((await run(['eval-datasets', 'show', id])).stdout, /experiments +support/);
    await json(['eval-datasets', 'delete', id]);
    assert.match((await run(['eval-datasets', 'show', id])).stderr, /not found/);
  });

  it('scorers are registered, listed with their versions and deleted', async () => {
    const file = join(installation.folder, 'scorer.yaml');
    writeFileSync(file, 'instructions: Is it polite?\n');
    const words = ['scorers', 'register', 'polite', file, '--experiment', experiment];
    const { id } = await json(words);
    assert.match((await run(words)).stdout, /registered version 2/);
    assert.match((await run(['scorers', 'list'])).stdout, new RegExp(`${id} +polite +2 +support`));
    assert.match((await run(['scorers', 'show', id])).stdout, /Is it polite\?/);
    assert.equal((await json(['scorers', 'versions', id])).items.length, 2);
    await json(['scorers', 'delete', id, '2']);
    await json(['scorers', 'delete', id]);
    assert.match((await run(['scorers', 'show', id])).stderr, /no scorer/);
    writeFileSync(file, 'call_source: print(1)\n');
    assert.match((await run(words)).stderr, /holds code/);
  });
});
