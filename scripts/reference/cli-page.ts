import { createProgram } from '@esteira/cli';
import { code, markdownTable, pageHead } from './markdown.ts';

type Command = ReturnType<typeof createProgram>;
type Argument = Command['registeredArguments'][number];
type Option = Command['options'][number];

/** Every command with its arguments and options, in the order of the help. */
export function cliPage(): string {
  // Building the commands uses nothing of the context; only running one does.
  const program = createProgram({} as Parameters<typeof createProgram>[0]);
  const introduction = [
    'Reads like Terraform and kubectl: a noun and a verb, `plan`, `approve`, `apply`. `--json` works with every command and prints one JSON value: the result on standard output, an error on standard error. Tables and progress are for people and may change.',
    markdownTable(
      ['exit code', 'meaning'],
      [
        ['0', 'done'],
        ['1', 'error; standard error says what, why and what to do'],
        ['2', 'wrong usage'],
        ['3', 'refused by a gate, a contract or a guard: the command worked, the answer is no'],
      ],
    ).trimEnd(),
    'Commands connect with `ESTEIRA_URL` and `ESTEIRA_TOKEN`, else with what `esteira login` saved; a saved token is sent only to the address it was saved for. Times are UTC unless they name a zone.',
  ].join('\n\n');
  const groups = new Map<string, (typeof program.commands)[number][]>();
  for (const command of program.commands) {
    if (command.name() === 'help') continue;
    const heading = command.helpGroup().replace(/:$/, '');
    groups.set(heading, [...(groups.get(heading) ?? []), command]);
  }
  const sections = [...groups].map(
    ([heading, commands]) => `## ${heading}\n\n${commands.map(describeCommand).join('\n')}`,
  );
  return [pageHead('Command line', introduction), ...sections].join('\n');
}

function describeCommand(command: Command): string {
  const verbs = command.commands.filter((child) => child.name() !== 'help');
  if (verbs.length > 0) {
    return [
      `### esteira ${fullName(command)}\n`,
      `${command.description()}.\n`,
      ...verbs.map(describeCommand),
    ].join('\n');
  }
  const heading = command.parent?.parent ? '####' : '###';
  const rows = [
    ...command.registeredArguments.map(describeArgument),
    ...command.options.map(describeOption),
  ].filter((row) => row !== undefined);
  return [
    `${heading} esteira ${fullName(command)}\n`,
    `\`esteira ${`${fullName(command)} ${command.usage()}`.trim()}\`\n`,
    `${command.description().replace(/\.?$/, '.')}\n`,
    ...(rows.length === 0 ? [] : [markdownTable(['argument or option', 'meaning', 'default'], rows)]),
  ].join('\n');
}

/** Arguments that only repeat their name need no row. */
function describeArgument(argument: Argument): string[] | undefined {
  const choices = argument.argChoices ? `one of ${argument.argChoices.map(code).join(' ')}` : '';
  const text = [argument.description, choices].filter(Boolean).join('; ');
  return text === '' ? undefined : [code(`<${argument.name()}>`), text, ''];
}

function describeOption(option: Option): string[] {
  const choices = option.argChoices ? `one of ${option.argChoices.map(code).join(' ')}` : '';
  const needed = option.mandatory ? 'must be given' : '';
  const text = [option.description, choices, needed].filter(Boolean).join('; ');
  const isPlain =
    option.defaultValue === undefined ||
    option.defaultValue === '' ||
    typeof option.defaultValue === 'boolean';
  return [code(option.flags), text, isPlain ? '' : code(String(option.defaultValue))];
}

function fullName(command: Command): string {
  return command.parent?.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
