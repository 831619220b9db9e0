import { createServer, type ListenOptions, type Server } from 'node:net';
import { bindPatiently } from '../bind-patiently.ts';

/** At an address of its own, or on sockets whose descriptors this process has inherited. */
export type ListenPlace = ListenOptions | { readonly descriptors: readonly number[] };

/**
 * Lets a server listen. Of several sockets it has the first itself; what comes by the others is given to it as if it had come by
 * its own. Resolves with the servers of the others, which end and count what they hold apart from it.
 */
export async function listenOnSockets(server: Server, place: ListenPlace): Promise<readonly Server[]> {
  if (!('descriptors' in place)) {
    await bindPatiently(() => listen(server, place));
    return [];
  }
  const [first, ...more] = place.descriptors;
  await listen(server, { fd: first });
  return await Promise.all(
    more.map(async (fd) => {
      // Whoever has said all it had to say is answered all the same, where the server is one for that.
      const other = createServer({ allowHalfOpen: isHalfOpen(server) }, (socket) =>
        server.emit('connection', socket),
      );
      await listen(other, { fd });
      return other;
    }),
  );
}

function listen(
  server: Server,
  options: ListenOptions & { readonly fd?: number | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Node has it as a field without a word in its types. */
function isHalfOpen(server: Server & { readonly allowHalfOpen?: boolean }): boolean {
  return server.allowHalfOpen ?? false;
}

/** Open connections of servers. */
export async function countConnections(servers: readonly Server[]): Promise<number> {
  let count = 0;
  for (const server of servers) {
    count += await new Promise<number>((resolve) => {
      server.getConnections((_error, found) => resolve(found ?? 0));
    });
  }
  return count;
}
