import { type RunningModelServer, startModelServer } from './start-model-server.ts';

/** A model server over a folder, without a control plane. For tests. */
export function startServer(
  directory: string,
  changed: Partial<Parameters<typeof startModelServer>[0]> = {},
): Promise<RunningModelServer> {
  const options = { host: '127.0.0.1', port: 0, shipPauseMs: 10, statusIntervalMs: 1_000, drainMs: 1_000 };
  return startModelServer({ directory, ...options, ...changed }, { info() {}, warn() {}, error() {} });
}

/** Sends a request; a body is JSON unless it is a text. `text` is what came, `body` what it says. */
export async function request(
  url: string,
  options: {
    readonly method?: 'GET' | 'POST' | 'OPTIONS';
    readonly key?: string;
    readonly body?: unknown;
    readonly type?: string;
  } = {},
): Promise<{ status: number; headers: Headers; text: string; body: Record<string, unknown> }> {
  const { body, key, type = 'application/json' } = options;
  const answer = await fetch(url, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: readJson(text) };
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
