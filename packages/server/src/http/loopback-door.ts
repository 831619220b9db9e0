import type * as Http from 'node:http';
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { loadWhenUsed } from '../kernel/load-when-used.ts';

// An import of the module makes all that it exports, and with that the engine of `fetch`.
const http = loadWhenUsed<typeof Http>('node:http');

/**
 * A second way in, on loopback and without TLS, for model servers that run on this machine: they need neither trust the
 * certificate nor reach the name it was made for. The same hooks and routes answer.
 */
export async function openLoopbackDoor(
  app: FastifyInstance,
): Promise<{ readonly url: string; readonly server: Server }> {
  await app.ready();
  const server = http().createServer((request, response) => app.routing(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, server };
}
