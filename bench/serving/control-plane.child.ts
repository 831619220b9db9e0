import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataPlaneSnapshot, DataPlaneStatus } from '../../packages/contracts/src/index.ts';

/**
 * The control plane of a bench and whoever asks meanwhile, in a process of their own: serves the files of a folder, says when
 * the model server has come to a snapshot, and asks one endpoint again and again.
 */
export type ToControlPlane =
  | { readonly kind: 'snapshot'; readonly snapshot: DataPlaneSnapshot }
  | { readonly kind: 'ask'; readonly url: string; readonly body: string };
export type FromControlPlane =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'applied'; readonly revision: number; readonly problems: readonly string[] }
  | { readonly kind: 'answered'; readonly ok: number; readonly failed: number };

const [folder = ''] = process.argv.slice(2);
let snapshot: DataPlaneSnapshot | undefined;
let told = -1;
let ok = 0;
let failed = 0;

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = (document: unknown): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(document));
  };
  if (pathname.endsWith('/snapshot')) {
    const after = Number(searchParams.get('after'));
    for (let wait = 0; wait < 100 && (snapshot?.revision ?? -1) <= after; wait++) await pause(20);
    const isNew = snapshot !== undefined && snapshot.revision > after;
    answer({ snapshot: isNew ? snapshot : null, controlPlanes: [] });
  } else if (pathname.includes('/files/')) {
    const [, digest = '', name = ''] = /bundles\/([^/]+)\/files\/(.+)$/.exec(pathname) ?? [];
    const bundle = snapshot?.endpoints.flatMap(({ arms }) =>
      arms.flatMap(({ predictor }) =>
        predictor.kind === 'version' && predictor.bundle.digest === decodeURIComponent(digest)
          ? [predictor.bundle]
          : [],
      ),
    )[0];
    const file = bundle?.files.find((one) => one.name === decodeURIComponent(name));
    if (file === undefined) response.writeHead(404).end();
    else response.end(readFileSync(join(folder, 'bundles', file.digest.slice('sha256:'.length))));
  } else if (pathname.endsWith('/predictions')) {
    const offset = Number(searchParams.get('offset'));
    answer({ acknowledged: offset + chunks.reduce((sum, chunk) => sum + chunk.length, 0) });
  } else if (pathname.endsWith('/status')) {
    hear(JSON.parse(Buffer.concat(chunks).toString()) as DataPlaneStatus);
    answer({});
  } else response.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  say({ kind: 'listening', url: `http://127.0.0.1:${port}` });
});
process.on('message', (message: ToControlPlane) => {
  if (message.kind === 'snapshot') snapshot = message.snapshot;
  else void askForever(message);
});
process.on('disconnect', () => process.exit(0));

function hear({ snapshotRevision, endpoints }: DataPlaneStatus): void {
  if (snapshotRevision !== snapshot?.revision || snapshotRevision === told) return;
  told = snapshotRevision;
  const problems = endpoints.flatMap(({ name, problem }) =>
    problem === null ? [] : [`${name}: ${problem}`],
  );
  say({ kind: 'applied', revision: snapshotRevision, problems });
  say({ kind: 'answered', ok, failed });
}

async function askForever({ url, body }: { readonly url: string; readonly body: string }): Promise<void> {
  const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' };
  for (;;) {
    const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) ok += 1;
    else failed += 1;
    await pause(2);
  }
}

function say(message: FromControlPlane): void {
  process.send?.(message);
}
