import { createServer, request } from 'node:http';

/** Passes requests on to a server, and breaks off or refuses when told to. */
export async function openUnreliableProxy(target: string) {
  let limit: number | undefined;
  let failures = 0;
  let cuts = 0;
  const server = createServer((incoming, reply) => {
    if (failures > 0) {
      failures--;
      incoming.resume();
      reply.writeHead(503, { 'content-type': 'application/xml' });
      reply.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
      return;
    }
    const onward = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method ?? 'GET', headers: incoming.headers, setHost: false },
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
    cuts: () => cuts,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
