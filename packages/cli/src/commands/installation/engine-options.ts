import { configSchema } from '@esteira/contracts';
import type { Command } from 'commander';

/** Keys of the configuration that say where an installation lies. */
const engineKeys = [
  'dataDir',
  'databaseUrl',
  'blobsUrl',
  's3Endpoint',
  's3Region',
  's3AccessKey',
  's3SecretKey',
  'blobKeys',
] as const;

/** Adds the options that commands without a server share with `esteira serve`. */
export function addEngineOptions(command: Command): Command {
  for (const key of engineKeys) {
    const flag = key.replace(/[A-Z0-9]+/g, (part) => (/^[A-Z]/.test(part) ? `-${part.toLowerCase()}` : part));
    command.option(`--${flag} <value>`, configSchema.shape[key].description ?? '');
  }
  return command;
}

/** The options of `addEngineOptions` among those of a command. */
export function engineFlags(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    engineKeys.filter((key) => flags[key] !== undefined).map((key) => [key, flags[key]]),
  );
}
