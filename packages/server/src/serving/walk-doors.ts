import type * as ModelServer from '@esteira/model-server';
import { loadWhenUsed } from '../kernel/load-when-used.ts';

const modelServer = loadWhenUsed<typeof ModelServer>('@esteira/model-server');

/** Knocks at every route of a live model server without a key; `open` are those that answered anything but 401. */
export async function walkDoors(
  httpUrl: string,
  endpoint: string,
): Promise<{ routes: number; open: string[] }> {
  const open: string[] = [];
  const { inferenceRoutes } = modelServer();
  for (const { method, path } of inferenceRoutes) {
    const url = new URL(
      path.replace('{model}', encodeURIComponent(endpoint)).replace('{version}', '1'),
      httpUrl,
    );
    const answer = await fetch(url, {
      method,
      signal: AbortSignal.timeout(5_000),
      ...(method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
    });
    await answer.arrayBuffer();
    if (answer.status !== 401) open.push(`${method} ${path}`);
  }
  return { routes: inferenceRoutes.length, open };
}
