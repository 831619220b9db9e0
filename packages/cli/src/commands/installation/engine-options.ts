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

/** Keys of the configuration that say how the bucket of archives is reached. */
const archiveKeys = ['backupS3Endpoint', 'backupS3Region', 'backupS3AccessKey', 'backupS3SecretKey'] as const;

/** Adds the options that commands without a server share with `esteira serve`. */
export function addEngineOptions(command: Command): Command {
  return addKeys(command, engineKeys);
}

/** Adds the options that commands share which read or write archives. */
export function addArchiveKeys(command: Command): Command {
  return addKeys(command, archiveKeys);
}

function addKeys(command: Command, keys: readonly (keyof typeof configSchema.shape)[]): Command {
  for (const key of keys) {
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.option(`--${flag} <value>`, configSchema.shape[key].description ?? '');
  }
  return command;
}

/** The options of `addEngineOptions` and `addArchiveKeys` among those of a command. */
export function engineFlags(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    [...engineKeys, ...archiveKeys].filter((key) => flags[key] !== undefined).map((key) => [key, flags[key]]),
  );
}
