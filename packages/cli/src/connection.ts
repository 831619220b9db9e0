import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient, type EsteiraClient } from '@esteira/sdk';

interface Credentials {
  readonly url: string;
  readonly token: string;
}

/** Connects with `ESTEIRA_URL` and `ESTEIRA_TOKEN`, else with what `esteira login` saved. */
export function connect(environment: Readonly<Record<string, string | undefined>>): EsteiraClient {
  const saved = readCredentials(environment);
  const url = environment.ESTEIRA_URL ?? saved?.url ?? 'http://127.0.0.1:7700';
  const token = environment.ESTEIRA_TOKEN ?? saved?.token;
  return createClient({ url, ...(token ? { token } : {}) });
}

/** Saves credentials for later commands, readable by their owner alone. Returns the file. */
export function saveCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  credentials: Credentials,
): string {
  const path = credentialsPath(environment);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(credentials)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

function readCredentials(environment: Readonly<Record<string, string | undefined>>): Credentials | undefined {
  const path = credentialsPath(environment);
  if (!existsSync(path)) return undefined;
  const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Credentials>;
  return value.url && value.token ? { url: value.url, token: value.token } : undefined;
}

function credentialsPath(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment.XDG_CONFIG_HOME ?? join(environment.HOME ?? '.', '.config');
  return join(base, 'esteira', 'credentials.json');
}
