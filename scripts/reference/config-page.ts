import { configSchema } from '@esteira/contracts';
import { environmentName } from '../../packages/server/src/config.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

/** Every key of the configuration with its flag, variable, default and meaning. */
export function configPage(): string {
  const rows = Object.entries(configSchema.shape).map(([key, schema]) => [
    code(key),
    code(`--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`),
    code(environmentName(key)),
    defaultOf(schema),
    schema.description ?? '',
  ]);
  const introduction =
    'Keys of `esteira serve`. A flag beats the environment variable, which beats the file named by `ESTEIRA_CONFIG` (YAML or JSON). Source: `packages/contracts/src/config.ts`.';
  return `${pageHead('Configuration', introduction)}\n${markdownTable(['key', 'flag', 'variable', 'default', 'meaning'], rows)}`;
}

function defaultOf(schema: (typeof configSchema.shape)[keyof typeof configSchema.shape]): string {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return '(must be given)';
  return parsed.data === undefined
    ? ''
    : code(typeof parsed.data === 'string' ? parsed.data : JSON.stringify(parsed.data));
}
