import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgram } from '@esteira/cli';
import { commandLines } from '../packages/ui/src/messages/command-lines.ts';

type Command = ReturnType<typeof createProgram>;

// Building the commands uses nothing of the context; only running one does.
const program = createProgram({} as Parameters<typeof createProgram>[0]);

test('every command line that the page shows is one that the command line knows', () => {
  for (const shown of Object.values(commandLines)) check(typeof shown === 'string' ? shown : shown('<name>'));
});

function check(line: string): void {
  const words = line.split(' ').slice(1);
  const names = words.filter((word) => /^[a-z]/.test(word) && !word.includes('.')).slice(0, 2);
  let command: Command = program;
  for (const name of names) {
    const next = command.commands.find((candidate) => candidate.name() === name);
    if (next === undefined) break;
    command = next;
  }
  assert.ok(command !== program && command.commands.length === 0, `${line}: there is no such command`);
  for (const flag of words.filter((word) => word.startsWith('--')))
    assert.ok(
      command.options.some(({ long }) => long === flag),
      `${line}: ${flag}`,
    );
}
