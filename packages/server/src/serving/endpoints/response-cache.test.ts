import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ResponseCache, type ServableVersion } from '@esteira/contracts';
import { openGovernanceFixture } from '../../governance/governance.fixture.ts';
import { createServingNews } from '../news.ts';
import { promotionRadius } from '../rollouts/promotion-radius.ts';
import { createEndpointsService } from './endpoints-service.ts';

const graph: ServableVersion = {
  id: 'mv_graph',
  model: 'delays',
  version: 1,
  project: 'p',
  status: 'ready',
  datasetVersions: [],
  metrics: {},
  description: '',
  bytes: 10,
  artifacts: [],
  createdAt: 0,
  createdBy: 'usr_ana',
  digest: `sha256:${'0'.repeat(64)}`,
  trainedModelId: null,
  examplesFrom: 'author',
  signature: {
    task: 'regression',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    features: [{ name: 'x', type: 'number', input: 'x', index: 0, missing: false }],
    label: null,
    score: { output: 'y', column: 0 },
    classes: [],
    operators: ['ai.onnx.MatMul'],
  },
};
const python: ServableVersion = {
  ...graph,
  id: 'mv_python',
  version: 2,
  signature: {
    ...graph.signature,
    operators: [],
    python: { kind: 'file', path: 'model.py', form: 'columns', dates: [], version: null, requirements: [] },
  },
};
const cache = ResponseCache.parse({ ttlSeconds: 60 });
const byWord = ResponseCache.parse({ ttlSeconds: 60, deterministic: true });

describe('an endpoint that keeps answers', () => {
  let house: Awaited<ReturnType<typeof openGovernanceFixture>>;
  let endpoints: ReturnType<typeof createEndpointsService>;

  before(async () => {
    house = await openGovernanceFixture();
    const { sql, audit, events, governance } = house;
    const { clock, ids, random } = house.deps;
    endpoints = createEndpointsService({
      sql,
      clock,
      ids,
      random,
      audit,
      events,
      news: createServingNews(sql),
      lineage: governance.lineage,
      registry: {
        findModel: async (_workspace, name) => ({ name }),
        findVersion: async (_workspace, id) => [graph, python].find((version) => version.id === id),
      },
      projects: { async reach() {} },
      onFirstEndpoint() {},
    });
  });
  after(() => house.close());

  async function serve(name: string, version: ServableVersion): Promise<void> {
    const limits = { maxBodyBytes: 1_000, maxRows: 10, timeoutMs: 100 };
    await endpoints.create(house.engineer, {
      name,
      project: 'p',
      stage: 'production',
      model: 'delays',
      limits,
    });
    await endpoints.revise(house.engineer, name, {
      change: (desired) => ({ ...desired, readAs: version.id }),
      reason: 'made in the test',
    });
  }

  it('serves a graph, or Python whose owner says that it answers equal questions equally', async () => {
    const { engineer } = house;
    await serve('graph', graph);
    assert.deepEqual((await endpoints.setCache(engineer, 'graph', cache)).desired.cache, cache);
    await serve('python', python);
    await assert.rejects(endpoints.setCache(engineer, 'python', cache), {
      code: 'RESPONSE_CACHE_UNFIT',
      status: 422,
      details: { endpoint: 'python', model: 'delays', version: '2' },
    });
    assert.equal((await endpoints.require(engineer.workspace, 'python')).desired.cache, undefined);
    assert.deepEqual((await endpoints.setCache(engineer, 'python', byWord)).desired.cache, byWord);
    assert.equal((await endpoints.setCache(engineer, 'python', undefined)).desired.cache, undefined);
  });

  it('says in the plan of a promotion that answers of the new version are not kept', async () => {
    await serve('moving', graph);
    const silent = /^All callers of moving \(production\), now answered by the fallback; [^.]*\.$/;
    const told =
      /\. Answers of version 2 are not kept: nothing says that it answers equal questions equally\.$/;
    for (const [kept, version, words] of [
      [undefined, python, silent],
      [cache, graph, silent],
      [cache, python, told],
      [byWord, python, silent],
    ] as const) {
      const endpoint = await endpoints.setCache(house.engineer, 'moving', kept);
      assert.match(promotionRadius(endpoint, version, 'fallback'), words);
    }
  });
});
