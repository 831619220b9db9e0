import { connect, createServer, type Server, type Socket } from 'node:net';

type Cut = 'commit' | 'answer to a commit';

/** A line to the server that can be cut once, at a message that holds `commit`. */
export async function openCuttableLine(
  url: string,
): Promise<{ url: string; cutAt(cut: Cut): void; close(): Promise<void> }> {
  const target = new URL(url);
  let cut: Cut | undefined;
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const drop = () => {
      client.destroy();
      upstream.destroy();
    };
    let waitsForAnswer = false;
    client.on('data', (bytes: Buffer) => {
      const commits = cut !== undefined && bytes.includes('commit');
      if (commits && cut === 'commit') {
        cut = undefined;
        return drop();
      }
      if (commits) {
        waitsForAnswer = true;
        cut = undefined;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => (waitsForAnswer ? drop() : client.write(bytes)));
    for (const socket of [client, upstream] satisfies Socket[]) {
      socket.on('error', drop);
      socket.on('close', drop);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const line = new URL(url);
  line.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  return {
    url: line.href,
    cutAt(wanted) {
      cut = wanted;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
