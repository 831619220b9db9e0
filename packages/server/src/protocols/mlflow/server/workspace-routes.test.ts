import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openMlflow } from '../mlflow.fixture.ts';
import { inOwnWorkspace, workspaceRoutes } from './workspace-routes.ts';

const path = '/api/3.0/mlflow/workspaces';
const own = { workspace: 'team-a' };

describe('workspaces over the wire', () => {
  it('are the own one alone', async () => {
    const { call, refused, close } = await openMlflow(workspaceRoutes());
    assert.deepEqual(await call('GET', path, own), { workspaces: [{ name: 'team-a' }] });
    assert.deepEqual(await call('GET', `${path}/team-a`, own), { workspace: { name: 'team-a' } });
    assert.equal(await refused('GET', `${path}/team-b`, own), '404 RESOURCE_DOES_NOT_EXIST');
    for (const [method, url] of [
      ['POST', path],
      ['PATCH', `${path}/team-a`],
      ['DELETE', `${path}/team-a`],
    ] as const)
      assert.equal(await refused(method, url, { ...own, body: {} }), '503 FEATURE_DISABLED');
    await close();
  });

  it('that a request names must be that of its token', async () => {
    const { call, refused, close } = await openMlflow(workspaceRoutes().map(inOwnWorkspace));
    const named = (name: string) => ({ ...own, headers: { 'X-MLFLOW-WORKSPACE': name } });
    for (const name of ['team-a', ' team-a ', '']) await call('GET', path, named(name));
    for (const name of ['team-b', 'TEAM-A', 'team-a,team-b'])
      assert.equal(await refused('GET', path, named(name)), '404 RESOURCE_DOES_NOT_EXIST');
    await close();
  });
});
