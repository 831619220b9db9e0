import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, it } from 'node:test';
import { groupTestFiles } from './group-test-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-groups-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text = ''): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

it('a file that starts programs or changes what belongs to the process stays alone, though only its fixture says so', () => {
  const a = write('a.test.ts');
  const spawns = write('spawns.test.ts', "import { spawn } from 'node:child_process';");
  write('kill.fixture.ts', "process.kill(1, 'SIGTERM');");
  const kills = write('kills.test.ts', "import './kill.fixture.ts';");
  const sets = write('sets.test.ts', "process.env.NAME = 'value';");
  const b = write('b.test.ts', "import './product.ts';");
  write('product.ts', "import { spawn } from 'node:child_process';");
  assert.deepEqual(groupTestFiles([a, spawns, kills, sets, b]), [[a, b], [spawns], [kills], [sets]]);
});

it('every file is in one group, and no group is too large', () => {
  const files = Array.from({ length: 23 }, (_, at) => write(`many-${at}.test.ts`));
  const groups = groupTestFiles(files);
  assert.deepEqual(groups.flat(), files);
  assert.ok(groups.every((group) => group.length <= 10));
});
