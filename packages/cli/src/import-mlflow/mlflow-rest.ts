import { CommandError } from '../command-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Calls of MLflow's REST API, whose integers beyond 2^53 come as their digits: https://mlflow.org/docs/latest/rest-api.html. */
export interface MlflowRest {
  get<Answer>(path: string, query: Readonly<Record<string, string | number | undefined>>): Promise<Answer>;
  post<Answer>(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  download(path: string, query: Readonly<Record<string, string>>): AsyncIterable<Uint8Array>;
}

const tries = 4;
const pauseMs = 500;

/** Signs in as MLflow's clients do, by MLFLOW_TRACKING_TOKEN or MLFLOW_TRACKING_USERNAME and _PASSWORD. */
export function createMlflowRest(
  url: string,
  environment: Environment,
  pause: (ms: number) => Promise<void>,
): MlflowRest {
  const base = new URL(url);
  const authorization = authorizationOf(base, environment);
  base.username = '';
  base.password = '';
  const origin = base.href.replace(/\/+$/, '');

  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await tryOnce(path, init);
      if (response.ok) return response;
      if (attempt < tries && (response.status === 429 || response.status >= 502)) {
        await response.body?.cancel();
        await pause(pauseMs * 2 ** attempt);
        continue;
      }
      throw refusal(`${origin}${path}`, response.status, (await response.text()).slice(0, 500));
    }
  }

  async function tryOnce(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, ...(authorization === undefined ? {} : { authorization }) };
    try {
      return await fetch(origin + path, { ...init, headers });
    } catch (error) {
      const { cause } = error instanceof Error ? error : { cause: undefined };
      throw new CommandError({
        code: 'SOURCE_UNREACHABLE',
        what: `The MLflow server ${origin} does not answer.`,
        why: cause instanceof Error ? cause.message : String(error),
        todo: 'check the address and that the server runs, then import again: what is there is not sent twice',
      });
    }
  }

  async function json<Answer>(path: string, init?: RequestInit): Promise<Answer> {
    const response = await call(path, init);
    const text = await response.text();
    try {
      return JSON.parse(text, exactly) as Answer;
    } catch {
      throw refusal(`${origin}${path}`, response.status, 'the answer is not JSON');
    }
  }

  return {
    get: (path, query) => json(path + queryOf(query)),
    post: (path, body, headers = {}) =>
      json(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    async *download(path, query) {
      const response = await call(path + queryOf(query));
      if (response.body !== null) yield* response.body;
    },
  };
}

/** Of floating point numbers, which have a point or an exponent where they are that large, nothing is lost. */
function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(context?.source ?? '') ? context?.source : value;
}

function queryOf(query: Readonly<Record<string, string | number | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return `?${search}`;
}

function authorizationOf(base: URL, environment: Environment): string | undefined {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user = decodeURIComponent(base.username),
    MLFLOW_TRACKING_PASSWORD: password = decodeURIComponent(base.password),
  } = environment;
  if (user !== '') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return token ? `Bearer ${token}` : undefined;
}

function refusal(address: string, status: number, text: string): CommandError {
  if (status === 401 || status === 403) {
    return new CommandError({
      code: 'SOURCE_DENIED',
      what: 'The MLflow server does not let this command read.',
      why: `${status}: ${text}`,
      todo: 'set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD',
    });
  }
  return new CommandError({
    code: 'SOURCE_UNREADABLE',
    what: `The MLflow server does not answer ${address.replace(/\?.*/, '')} as MLflow does.`,
    why: `${status}: ${text}`,
    todo: 'check that the address is that of an MLflow server, of release 2 or later',
  });
}
