import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient, type EsteiraClient } from '@esteira/sdk';

interface Credentials {
  readonly url: string;
  readonly token: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Connects with `ESTEIRA_URL` and `ESTEIRA_TOKEN`, else with what `esteira login` saved. */
export function connect(environment: Environment): EsteiraClient {
  const token = tokenOf(environment);
  return createClient({ url: serverUrl(environment), ...(token ? { token } : {}) });
}

/** The token for the address of the control plane, if there is one. */
export function tokenOf(environment: Environment): string | undefined {
  const saved = readCredentials(environment);
  // A saved token is only ever sent to the address it was saved for.
  return environment.ESTEIRA_TOKEN ?? (saved?.url === serverUrl(environment) ? saved.token : undefined);
}

/** Address of the control plane, without a slash at the end. */
export function serverUrl(environment: Environment): string {
  const url = environment.ESTEIRA_URL ?? readCredentials(environment)?.url ?? 'http://127.0.0.1:7700';
  return url.replace(/\/+$/, '');
}

/** Saves credentials for later commands, readable by their owner alone. Returns the file. */
export function saveCredentials(environment: Environment, credentials: Credentials): string {
  const path = credentialsPath(environment);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(credentials)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

function readCredentials(environment: Environment): Credentials | undefined {
  const path = credentialsPath(environment);
  if (!existsSync(path)) return undefined;
  const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Credentials>;
  return value.url && value.token ? { url: value.url.replace(/\/+$/, ''), token: value.token } : undefined;
}

function credentialsPath(environment: Environment): string {
  const base = environment.XDG_CONFIG_HOME ?? join(environment.HOME ?? '.', '.config');
  return join(base, 'esteira', 'credentials.json');
}
