import { lookup as lookUp } from 'node:dns/promises';
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import {
  type Receiver,
  type ReceiverRules,
  readReceiver,
  refusedAddress,
} from '@esteira/model-server/receiver';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';

// An import of the module makes all that it exports, and with that the engine of `fetch`.
const http = loadWhenUsed<typeof Http>('node:http');
const https = loadWhenUsed<typeof Https>('node:https');

/** What came of one attempt. Only what `answered` says a server was reached. */
export type PostOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** What came back, described; never the answer itself, which may be of a server that the asker cannot reach. */
      readonly response: string;
      /** When the receiver wants the next attempt, ms from now. */
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'unreachable' | 'refused'; readonly problem: string };

export interface PostDeps {
  readonly rules: ReceiverRules;
  /** Every address of a name; the system's resolver unless given. */
  readonly resolve?: (
    host: string,
  ) => Promise<readonly { readonly address: string; readonly family: number }[]>;
  /** For the whole of an attempt, ms; 10,000 unless given. */
  readonly timeoutMs?: number;
}

const mostRead = 16 * 1024;

/**
 * Posts JSON to a receiver, once. Its name is resolved here and the connection goes to the addresses that were judged, so
 * that a name which changes its addresses in between reaches nothing else. Redirects are not followed, no proxy is used,
 * and of the answer little is read.
 */
export async function postNews(
  deps: PostDeps,
  news: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
): Promise<PostOutcome> {
  const receiver = readReceiver(news.url, deps.rules);
  if ('problem' in receiver)
    return { kind: 'refused', problem: `the URL is no receiver's${receiver.problem}` };
  const timeoutMs = deps.timeoutMs ?? 10_000;
  const timeout = AbortSignal.timeout(timeoutMs);
  const ending = AbortSignal.any([signal, timeout]);
  try {
    const addresses = await endedBy(ending, addressesOf(deps, receiver));
    const refused = refusedAddress(
      receiver,
      addresses.map(({ address }) => address),
      deps.rules,
    );
    if (refused !== undefined) return { kind: 'refused', problem: `not called${refused}` };
    return await post(receiver, addresses, news, ending);
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return { kind: 'unreachable', problem: `no answer within ${timeoutMs} ms` };
    return { kind: 'unreachable', problem: `no connection: ${codeOf(error)}` };
  }
}

/** Whether a name has addresses that may not be called. Undefined also when it has none yet, which sending finds out. */
export async function refusedReceiver(deps: PostDeps, receiver: Receiver): Promise<string | undefined> {
  try {
    const found = await endedBy(AbortSignal.timeout(2_000), addressesOf(deps, receiver));
    return refusedAddress(
      receiver,
      found.map(({ address }) => address),
      deps.rules,
    );
  } catch {
    return undefined;
  }
}

type Addresses = readonly { readonly address: string; readonly family: number }[];

async function addressesOf(deps: PostDeps, { host }: Receiver): Promise<Addresses> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const resolve = deps.resolve ?? ((name: string) => lookUp(name, { all: true, verbatim: true }));
  const found = await resolve(host);
  if (found.length === 0) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
  return found;
}

function post(
  { url, host }: Receiver,
  addresses: Addresses,
  news: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
): Promise<PostOutcome> {
  const request = (url.protocol === 'https:' ? https() : http()).request;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        protocol: url.protocol,
        host,
        port: url.port === '' ? undefined : url.port,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: {
          ...news.headers,
          host: url.host,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(news.body),
          'user-agent': 'Esteira-Webhook/1',
        },
        // A connection of its own: none that was made for another name or earlier is taken again.
        agent: false,
        lookup: pinned(addresses),
        signal,
        maxHeaderSize: mostRead,
        ...(url.protocol === 'https:' && isIP(host) === 0 ? { servername: host } : {}),
      },
      (response) => {
        let size = 0;
        const answer = (): void => {
          resolve({
            kind: 'answered',
            status: response.statusCode ?? 0,
            response: described(size, response.headers['content-type']),
            retryAfterMs: retryAfterMs(response.headers['retry-after']),
          });
          sent.destroy();
        };
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size >= mostRead) answer();
        });
        response.on('end', answer);
        // The status has come; whether the rest does matters to nobody.
        response.on('error', answer);
      },
    );
    sent.on('error', reject);
    sent.end(news.body);
  });
}

/** Whatever is asked for, the answer is what was judged. */
function pinned(addresses: Addresses): LookupFunction {
  const [first] = addresses;
  return (_host, options, done) => {
    if (options.all === true) done(null, [...addresses]);
    else if (first !== undefined) done(null, first.address, first.family);
  };
}

function described(size: number, type: string | undefined): string {
  const media = /^[a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,60}/i.exec(type ?? '')?.[0];
  const bytes = size >= mostRead ? `more than ${mostRead} bytes` : `${size} bytes`;
  return `${bytes}${media === undefined ? '' : ` of ${media}`}, not shown`;
}

const longestRetryAfterMs = 300_000;

function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined;
  return Math.min(longestRetryAfterMs, Number(header) * 1_000);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'the connection failed';
}

/** A resolver cannot be stopped; it is not waited for. */
function endedBy<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
