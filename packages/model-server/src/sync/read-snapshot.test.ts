import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { DataPlaneSnapshot } from '@esteira/contracts';
import { makeEndpoint, makeKey, makeServerDirectory } from '../model-server.fixture.ts';
import { readSnapshot } from './read-snapshot.ts';

describe('a snapshot of the control plane', () => {
  const files = makeServerDirectory();
  after(() => files.remove());
  const keys = Array.from({ length: 1_200 }, (_, index) => makeKey(`key-${index}`));
  const endpoint = makeEndpoint(files.addVersion(1, 5), { keys });
  const endpoints = Array.from({ length: 40 }, (_, index) => ({ ...endpoint, name: `endpoint-${index}` }));
  const sent: DataPlaneSnapshot = { workspace: 'ws', revision: 3, endpoints };

  it('is read as it was sent, requests of others between its parts', async () => {
    let others = 0;
    const asking = setInterval(() => others++, 0);
    const read = await readSnapshot(structuredClone(sent));
    clearInterval(asking);
    assert.deepEqual(read, sent);
    assert.ok(others > 0);
  });

  it('is refused where a part of it is wrong', async () => {
    const refused = (document: unknown) => assert.rejects(readSnapshot(document), { name: 'ZodError' });
    await refused(undefined);
    await refused({ ...sent, endpoints: 'none' });
    await refused({ ...sent, endpoints: [{ ...endpoint, keys: undefined }] });
    await refused({ ...sent, endpoints: [{ ...endpoint, keys: [...keys, { ...keys[0], burst: 0 }] }] });
  });
});
