import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { PipelineSpec, PolicyOverlay, PolicyRule } from '@esteira/contracts';
import type { Command, Option } from 'commander';
import { parse } from 'yaml';
import type { CommandContext } from './command-context.ts';
import { createProgram } from './program.ts';

const root = resolve(import.meta.dirname, '../../..');
const written = globSync(['*.md', 'docs/{guides,decisions}/*.md'], { cwd: root }).sort();
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

test('every command line in the documents exists, with its options and as many arguments', () => {
  let checked = 0;
  for (const path of written) {
    for (const [, line = ''] of textOf(path).matchAll(/^ {4}(?:npx )?esteira (.+)$/gm)) {
      const words = line.replace(/\s+#.*$/, '').match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
      checkCommandLine(words, `${path}: esteira ${line}`);
      checked++;
    }
  }
  assert.ok(checked >= 10, `only ${checked} command lines were found`);
});

test('the files shown in the guides are accepted by the schemas of the api', () => {
  const [rule, overlay] = yamlOf('docs/guides/policies.md');
  PolicyRule.parse(rule);
  PolicyOverlay.parse(overlay);
  const [pipeline] = yamlOf('docs/guides/pipelines.md');
  PipelineSpec.parse(pipeline);
});

test('every link between the documents leads somewhere', () => {
  const broken: string[] = [];
  for (const path of written) {
    for (const [, target = ''] of textOf(path).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|#)/.test(target) || target.startsWith('docs/images/')) continue;
      if (!existsSync(join(root, dirname(path), target.replace(/#.*$/, ''))))
        broken.push(`${path}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('every direct dependency is on record, with the packages that have it, and no other', () => {
  const recorded = new Map<string, string>();
  for (const [, names = '', where = ''] of textOf('docs/decisions/dependencies.md').matchAll(
    /^\| (\S.*?) +\| (\S.*?) +\|/gm,
  )) {
    if (names === 'package' || names.startsWith('--')) continue;
    for (const name of names.split(', ')) recorded.set(name, where.split(', ').sort().join(', '));
  }
  const had = new Map<string, string[]>();
  for (const path of globSync(['package.json', '{packages,examples}/*/package.json'], { cwd: root }).sort()) {
    const [top = '', name = ''] = path.split('/');
    const place = { packages: name, examples: 'example' }[top] ?? 'root';
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(textOf(path));
    for (const dependency of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      if (!dependency.startsWith('@esteira/')) had.set(dependency, [...(had.get(dependency) ?? []), place]);
  }
  assert.deepEqual(
    Object.fromEntries([...recorded].sort()),
    Object.fromEntries([...had].sort().map(([name, places]) => [name, places.sort().join(', ')])),
  );
});

function checkCommandLine(words: readonly string[], where: string): void {
  let command: Command = createProgram({} as CommandContext);
  let at = 0;
  for (; at < words.length; at++) {
    const child = command.commands.find((candidate) => candidate.name() === words[at]);
    if (!child) break;
    command = child;
  }
  assert.ok(command.parent, `${where}: there is no such command`);
  command = defaultCommandOf(command);
  let given = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      given++;
      continue;
    }
    const option = optionsOf(command).find(({ long, short }) => long === word || short === word);
    assert.ok(option, `${where}: there is no option ${word}`);
    if (option.required || option.optional) at++;
  }
  const needed = command.registeredArguments.filter(({ required }) => required).length;
  assert.ok(
    given >= needed && (given <= command.registeredArguments.length || variadic(command)),
    `${where}: ${given} arguments`,
  );
}

/** Its own, and those of the groups it is in, which may stand anywhere in a line. */
function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent === null ? [] : optionsOf(command.parent))];
}

/** What runs when a group is called without the name of one of its commands; commander keeps the name to itself. */
function defaultCommandOf(group: Command): Command {
  const name = '_defaultCommandName' in group ? group._defaultCommandName : undefined;
  return group.commands.find((command) => command.name() === name) ?? group;
}

function variadic(command: Command): boolean {
  return command.registeredArguments.some((argument) => argument.variadic);
}

function yamlOf(path: string): unknown[] {
  return [...textOf(path).matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
}
