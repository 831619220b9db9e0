import { posix } from 'node:path';
import type { VersionStage } from '@esteira/contracts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';

const longestModelName = 256;
const longestAlias = 255;
const longestTagKey = 250;
const longestTagValue = 100_000;
/** The tag that holds the text of a version of a prompt. */
const promptText = 'mlflow.prompt.text';

/** Reads the name of a registered model. */
export function readModelName(fields: Fields, field = 'name'): string {
  const name = fields.text(field);
  if (name.trim() === '') throw invalidParameter(`Missing value for required parameter '${field}'.`);
  if (/[/:]/.test(name)) {
    throw invalidParameter(`Invalid model name '${shortened(name)}'. Names cannot contain '/' or ':'.`);
  }
  if (resolvesElsewhere(name)) throw fields.refuse(field, badPath(name));
  if (name.length > longestModelName) throw tooLong(field, longestModelName);
  checkText(fields, field, name);
  return name;
}

/** Reads the number of a version, which travels as text. One that no version can have is that of none. */
export function readVersionNumber(fields: Fields): number {
  const text = fields.text('version');
  if (!/^\s*[+-]?\d+\s*$/.test(text))
    throw invalidParameter(`Parameter 'version' must be an integer, got '${shortened(text)}'.`);
  const number = Number(text);
  return number >= 1 && number <= 2_147_483_647 ? number : 0;
}

/** Reads an alias; of one that is to be set, those that stand for something are refused. */
export function readAlias(fields: Fields, purpose: 'set' | 'find'): string {
  const alias = fields.text('alias');
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    throw invalidParameter(
      `Invalid alias name: '${shortened(alias)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  if (alias.length > longestAlias) throw tooLong('Registered model alias name', longestAlias);
  if (purpose === 'find') return alias;
  if (alias.toLowerCase() === 'latest')
    throw invalidParameter("'latest' alias name (case insensitive) is reserved.");
  if (/^[vV]\d+$/.test(alias)) throw invalidParameter(`Version alias name '${alias}' is reserved.`);
  return alias;
}

/** Reads the key of a tag: a name that could be a file's, whatever its parts. */
export function readTagKey(fields: Fields): string {
  const key = fields.text('key');
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key)) {
    throw fields.refuse(
      'key',
      'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    );
  }
  if (resolvesElsewhere(key)) throw fields.refuse('key', badPath(key));
  if (key.length > longestTagKey) throw tooLong('key', longestTagKey);
  return key;
}

export function readTagValue(fields: Fields): string {
  const value = fields.optionalText('value') ?? '';
  if (value.length > longestTagValue)
    throw fields.optionalText('key') === promptText
      ? invalidParameter(`Prompt text exceeds max length of ${longestTagValue} characters.`)
      : tooLong('value', longestTagValue);
  checkText(fields, 'value', value);
  return value;
}

/** Tags of something new; of a key that is given twice, the last value holds. */
export function readTags(fields: Fields): Readonly<Record<string, string>> {
  const tags = fields.messages('tags').map((tag) => [readTagKey(tag), readTagValue(tag)] as const);
  return Object.fromEntries(tags);
}

/** A description; what is not given is empty. */
export function readDescription(fields: Fields): string {
  const description = fields.optionalText('description') ?? '';
  checkText(fields, 'description', description);
  return description;
}

const stageNames = ['None', 'Staging', 'Production', 'Archived'] as const;
type StageName = (typeof stageNames)[number];

const stageOf: Readonly<Record<StageName, VersionStage>> = {
  None: 'none',
  Staging: 'staging',
  Production: 'production',
  Archived: 'archived',
};

/** The stage of a name, in any case. */
export function toStage(name: string): VersionStage {
  const known = stageNames.find((stage) => stage.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return stageOf[known];
  throw invalidParameter(
    `Invalid Model Version stage: ${shortened(name)}. Value must be one of ${stageNames.join(', ')}.`,
  );
}

export function stageName(stage: VersionStage): StageName {
  return stageNames.find((name) => stageOf[name] === stage) ?? 'None';
}

/** How many results are asked for, at most the limit. */
export function readMaxResults(fields: Fields, unlessGiven: number, limit: number): number {
  const asked = fields.optionalInteger('max_results') ?? unlessGiven;
  if (asked >= 1 && asked <= limit) return asked;
  throw fields.refuse('max_results', `It must be at least 1 and at most ${limit}, but got value ${asked}`);
}

/** Databases keep no NUL and no half of a character. */
function checkText(fields: Fields, field: string, text: string): void {
  if (text.includes('\0') || !text.isWellFormed())
    throw fields.refuse(field, 'A text holds whole characters, and no NUL');
}

function resolvesElsewhere(name: string): boolean {
  const plain = posix.normalize(name).replace(/(.)\/$/, '$1');
  return plain !== name || plain === '.' || plain.startsWith('..') || plain.startsWith('/');
}

function badPath(name: string): string {
  return `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${shortened(posix.normalize(name))}'`;
}

function tooLong(what: string, limit: number) {
  return invalidParameter(`'${what}' exceeds the maximum length of ${limit} characters`);
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
