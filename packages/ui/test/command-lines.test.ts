import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { commandLines } from '../src/messages/command-lines.ts';

const esteira = join(import.meta.dirname, '../../cli/bin/esteira');

test('every command line that the page shows is one that the command line knows', async () => {
  const lines = Object.values(commandLines).map((shown) =>
    typeof shown === 'string' ? shown : shown('<name>'),
  );
  await Promise.all(lines.map(check));
});

async function check(line: string): Promise<void> {
  const words = line.split(' ').slice(1);
  const commands = words.filter((word) => /^[a-z]/.test(word) && !word.includes('.')).slice(0, 2);
  const { stdout } = await promisify(execFile)(esteira, [...commands, '--help']);
  assert.match(stdout, new RegExp(`Usage: esteira ${commands.join(' ')} `), line);
  for (const flag of words.filter((word) => word.startsWith('--'))) {
    assert.ok(stdout.includes(`  ${flag} `), `${line}: ${flag}`);
  }
}
