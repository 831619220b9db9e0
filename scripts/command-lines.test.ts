import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProgram } from '@esteira/cli';
import { commandLines } from '../packages/ui/src/messages/command-lines.ts';

type Command = ReturnType<typeof createProgram>;

// Building the commands uses nothing of the context; only running one does.
const program = createProgram({} as Parameters<typeof createProgram>[0]);

test('every command line that the page shows is one that the command line knows', () => {
  for (const shown of Object.values(commandLines)) check(typeof shown === 'string' ? shown : shown('<name>'));
});

test('every command line of the guides is one that the command line knows', () => {
  const root = join(import.meta.dirname, '..');
  const guides = readdirSync(join(root, 'docs/guides')).map((name) => join('docs/guides', name));
  for (const path of ['README.md', ...guides]) {
    const lines = writtenCommands(readFileSync(join(root, path), 'utf8'));
    for (const line of lines) check(line);
  }
});

/** What stands in code and begins with the program, without what is said about it. */
function writtenCommands(text: string): string[] {
  const written = [...text.matchAll(/`([^`\n]+)`|^(?: {4})?((?:npx )?esteira .*)$/gm)];
  return written
    .map(([, inline, line = '']) => (inline ?? line).replace(/^npx /, '').replace(/\s#.*$/, ''))
    .filter((line) => /^esteira [a-z]/.test(line));
}

/** A group may be named alone, for all its verbs. */
function check(line: string): void {
  const words = line.split(/\s+/).slice(1);
  let command: Command = program;
  let next: Command | undefined = program;
  while (next !== undefined) {
    command = next;
    const [word] = words;
    next = command.commands.find((candidate) => candidate.name() === word);
    if (next !== undefined) words.shift();
  }
  const isGroup = command.commands.length > 0;
  assert.ok(command !== program && !(isGroup && /^[a-z]/.test(words[0] ?? '')), `${line}: no such command`);
  const options = [command, ...command.commands, program].flatMap((one) => one.options);
  for (const flag of words.flatMap((word) => /^--[a-z0-9-]+/.exec(word) ?? []))
    assert.ok(
      options.some(({ long }) => long === flag),
      `${line}: ${flag}`,
    );
}
