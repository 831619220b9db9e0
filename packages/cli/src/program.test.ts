import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { api, type RouteDefinition } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { createProgram } from './program.ts';

const program = createProgram({} as CommandContext);
const verbs = allVerbs(program);

/** What people at a keyboard do not call: the page signs in and out, model servers synchronise. */
const calledElsewhere: ReadonlySet<string> = new Set([
  'governance.signIn',
  'governance.signOut',
  'serving.snapshot',
  'serving.bundleFile',
  'serving.intake',
  'serving.dataPlaneStatus',
  'serving.keySlices',
  'serving.onlineFeatures',
]);

test('every operation of every room has a command', () => {
  const sources = globSync('commands/**/*.ts', { cwd: import.meta.dirname })
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(import.meta.dirname, path), 'utf8'))
    .concat(
      globSync('{deploy/,follow/,import-mlflow/,}*.ts', { cwd: import.meta.dirname }).map((path) =>
        readFileSync(join(import.meta.dirname, path), 'utf8'),
      ),
    )
    .join('\n');
  const missing = Object.entries(api).flatMap(([room, routes]) =>
    Object.keys(routes as Record<string, RouteDefinition>)
      .filter((verb) => !calledElsewhere.has(`${room}.${verb}`))
      .filter((verb) => !new RegExp(`\\b${room}\\s*\\.${verb}\\(`).test(sources))
      .map((verb) => `${room}.${verb}`),
  );
  assert.deepEqual(missing, []);
});

test('every command and every option says what it does', () => {
  for (const verb of verbs) {
    assert.ok(verb.description().length > 5, `${pathOf(verb)} has no description`);
    for (const option of verb.options)
      assert.ok(option.description.length > 2, `${pathOf(verb)} ${option.flags}`);
  }
});

test('every command stands under a heading of the help', () => {
  for (const command of program.commands) assert.match(command.helpGroup(), /:$/, command.name());
});

test('no command takes an option that the program itself would swallow', () => {
  const taken = program.options.flatMap(({ long, short }) => [long, short]);
  for (const verb of verbs) {
    for (const { long, short, flags } of verb.options) {
      assert.ok(!taken.includes(long), `${pathOf(verb)} ${flags}`);
      assert.ok(short === undefined || !taken.includes(short), `${pathOf(verb)} ${flags}`);
    }
  }
});

function allVerbs(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allVerbs(child)]);
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
