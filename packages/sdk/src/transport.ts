/** How a request reaches a server: over HTTP, or in process. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>;
}

interface TransportRequest {
  readonly method: string;
  /** Path and query, beginning with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  readonly contentType: string;
  text(): Promise<string>;
  bytes(): AsyncIterable<Uint8Array>;
}

/** Sends over `fetch`, which Node and every browser have. `credentials` are those of the page when there is no token. */
export function createHttpTransport(baseUrl: string): Transport {
  const origin = baseUrl.replace(/\/$/, '');
  return {
    async send({ method, path, headers, body, signal }) {
      const init: RequestInit & { duplex?: 'half' } = { method, headers, credentials: 'same-origin' };
      if (typeof body === 'string') init.body = body;
      else if (body) {
        init.body = toReadableStream(body);
        init.duplex = 'half';
      }
      if (signal) init.signal = signal;
      const response = await fetch(origin + path, init);
      return {
        status: response.status,
        contentType: response.headers.get('content-type') ?? '',
        text: () => response.text(),
        bytes: () => streamBytes(response),
      };
    },
  };
}

/** `ReadableStream.from`, which not every browser has. */
function toReadableStream(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

async function* streamBytes(response: Response): AsyncIterable<Uint8Array> {
  if (!response.body) return;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
