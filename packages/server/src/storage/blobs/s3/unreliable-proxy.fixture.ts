import { createServer, request } from 'node:http';

/** An answer of an S3 server that refuses a request. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** Passes requests on to a server, and breaks off or refuses when told to. */
export async function openUnreliableProxy(target: string) {
  let refusal: (method: string, path: string) => Refusal | undefined = () => undefined;
  const requests: string[] = [];
  let limit: number | undefined;
  let failures = 0;
  let cuts = 0;
  const server = createServer((incoming, reply) => {
    const { method = 'GET', url = '/' } = incoming;
    requests.push(`${method} ${url}`);
    const refused = failures > 0 ? { status: 503, code: 'SlowDown' } : refusal(method, url);
    if (refused !== undefined) {
      failures = Math.max(0, failures - 1);
      incoming.resume();
      reply.writeHead(refused.status, { 'content-type': 'application/xml' });
      reply.end(method === 'HEAD' ? '' : `<Error><Code>${refused.code}</Code><Message>No.</Message></Error>`);
      return;
    }
    const onward = request(
      new URL(url, target),
      { method, headers: incoming.headers, setHost: false },
      (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        let passed = 0;
        answer.on('data', (chunk: Buffer) => {
          passed += chunk.length;
          if (limit === undefined || passed <= limit) {
            reply.write(chunk);
            return;
          }
          cuts++;
          answer.destroy();
          reply.destroy();
        });
        answer.on('end', () => reply.end());
        answer.on('error', () => reply.destroy());
      },
    );
    onward.on('error', () => reply.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    /** Breaks every answer off after so many bytes. */
    cutAfter(bytes: number | undefined): void {
      limit = bytes;
    },
    /** Answers the next requests with "slow down". */
    failNext(count: number): void {
      failures = count;
    },
    /** What the rule says of a request is answered in place of the server. */
    refuse(rule: (method: string, path: string) => Refusal | undefined): void {
      refusal = rule;
    },
    cuts: () => cuts,
    /** `DELETE /bucket/key`, in the order they came. */
    requests: () => requests,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
