import assert from 'node:assert/strict';
import { type Installation, runHere, startInstallation } from '../../esteira-command.fixture.ts';

/** What an import says of itself. */
export interface Report {
  readonly complete: boolean;
  readonly rows: readonly { what: string; source: number; target: number; same: boolean }[];
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export async function start(t: { after(work: () => Promise<void>): void }): Promise<Installation> {
  const installation = await startInstallation();
  t.after(() => installation.close());
  return installation;
}

export async function importInto(installation: Installation, flags: readonly string[]) {
  const answer = await runHere(['--json', 'import', 'mlflow', ...flags], {
    environment: installation.environment,
  });
  return { ...answer, report: (answer.stdout === '' ? {} : JSON.parse(answer.stdout)) as Report };
}

/** What MLflow's API tells. */
export async function ask({ environment }: Installation, path: string, body?: unknown, version = '2.0') {
  const response = await fetch(`${environment.ESTEIRA_URL}/api/${version}/mlflow/${path}`, {
    headers: { authorization: `Bearer ${environment.ESTEIRA_TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return JSON.parse(await response.text());
}

/** What the newer half of MLflow's API tells. */
export function ask3(installation: Installation, path: string, body?: unknown) {
  return ask(installation, path, body, '3.0');
}

export async function askToDelete({ environment }: Installation, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${environment.ESTEIRA_URL}/api/3.0/mlflow/${path}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${environment.ESTEIRA_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.text());
}

/** Imports what one installation has into another, over the API. */
export function move(from: Installation, to: Installation) {
  return runHere(['--json', 'import', 'mlflow', '--from', from.environment.ESTEIRA_URL ?? ''], {
    environment: { ...to.environment, MLFLOW_TRACKING_TOKEN: from.environment.ESTEIRA_TOKEN ?? '' },
  });
}

export async function send(
  { environment }: Installation,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
): Promise<void> {
  const reply = await fetch(`${environment.ESTEIRA_URL}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${environment.ESTEIRA_TOKEN}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });
  assert.equal(reply.status, 200, await reply.text());
}

export function sourceOf({ rows }: Report): Readonly<Record<string, number>> {
  return Object.fromEntries(rows.map(({ what, source: count }) => [what, count]));
}
