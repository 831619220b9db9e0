import type { JsonValue } from '@esteira/contracts';

/** Complete evidence of a first-class deployment: every rule of the default pack passes on it. For tests. */
export function passingEvidence(now: number): Map<string, JsonValue> {
  const day = 86_400_000;
  const runStart = now - day;
  const successMetric = { name: 'pr_auc', direction: 'maximize', margin: 0.005, baseline: 'logistic' };
  const interval = { difference: 0.03, lower: 0.02, upper: 0.04 };
  return new Map<string, JsonValue>([
    [
      'project',
      {
        name: 'flight-delays',
        riskClass: 'high',
        sla: { p95Ms: 20, throughputPerSecond: 100, maxModelBytes: 10_000_000, maxMemoryBytes: null },
        successMetric,
        sensitiveAttributes: ['origin_region'],
        sensitiveStatement: null,
        history: [
          { from: now - 5 * day, until: now - 3 * day, successMetric: { ...successMetric, margin: 0.1 } },
          { from: now - 3 * day, until: Number.MAX_SAFE_INTEGER, successMetric },
        ],
      },
    ],
    [
      'version',
      {
        id: 'mv_2',
        model: 'delays',
        version: 2,
        status: 'ready',
        digest: 'sha256:aa',
        bytesDigestNow: 'sha256:aa',
        trainedModelId: 'tm_2',
        evaluationId: 'ev_2',
        runId: 'run_2',
        splitId: 'spl_1',
        datasetVersions: [{ id: 'dsv_2', digest: 'sha256:d2' }],
        metrics: { pr_auc: 0.55 },
        signature: { inputs: [{ name: 'distance' }], outputs: [{ name: 'score' }] },
        environment: { digest: 'sha256:ee' },
        artifacts: [{ path: 'model.onnx', digest: 'sha256:bb', size: 1000 }],
      },
    ],
    [
      'data',
      {
        versions: [
          {
            id: 'dsv_2',
            digest: 'sha256:d2',
            derived: true,
            sourceFiles: 0,
            parents: ['dsv_1'],
            validation: null,
          },
          {
            id: 'dsv_1',
            digest: 'sha256:d1',
            derived: false,
            sourceFiles: 3,
            parents: [],
            validation: {
              runId: 'val_1',
              versionId: 'dsv_1',
              outcome: 'passed',
              contractVersion: 1,
              schema: true,
              distribution: true,
              missing: true,
              loosened: false,
            },
          },
        ],
      },
    ],
    [
      'split',
      {
        id: 'spl_1',
        datasetVersionId: 'dsv_2',
        seed: 42,
        method: 'time',
        parts: { train: { rows: 1000, digest: 'sha256:t1' }, test: { rows: 500, digest: 'sha256:t2' } },
        leakage: { checked: true, sharedRows: 0, timeOverlap: false, groupOverlap: null },
      },
    ],
    [
      'run',
      {
        id: 'run_2',
        startedAt: runStart,
        status: 'finished',
        params: { depth: 6 },
        codeCommit: 'abc123',
        dirty: false,
        codeDiffRecorded: false,
        environmentDigest: 'sha256:ee',
        seeds: { train: 42 },
      },
    ],
    [
      'comparison',
      {
        evaluationId: 'ev_2',
        trainedModelId: 'tm_2',
        metric: 'pr_auc',
        direction: 'maximize',
        value: 0.55,
        splitId: 'spl_1',
        testDigest: 'sha256:t2',
        slice: null,
        alpha: 0.05,
        resamples: 1000,
        baseline: { name: 'logistic', value: 0.52, splitId: 'spl_1', testDigest: 'sha256:t2', ...interval },
        vsCurrent: { trainedModelId: 'tm_1', value: 0.54, testDigest: 'sha256:t2', ...interval },
      },
    ],
    [
      'fairness',
      {
        evaluationId: 'ev_2',
        splitId: 'spl_1',
        testDigest: 'sha256:t2',
        attributes: [
          {
            attribute: 'origin_region',
            groups: 4,
            smallestGroup: 60,
            metric: 'equal_opportunity_difference',
            value: 0.05,
            limit: 0.1,
            withinLimit: true,
          },
        ],
      },
    ],
    [
      'explanation',
      { evaluationId: 'ev_2', importance: [{ feature: 'distance', value: 0.4 }], perPrediction: true },
    ],
    [
      'endpoint',
      {
        name: 'delays-live',
        stage: 'production',
        currentModelVersionId: 'mv_1',
        currentTrainedModelId: 'tm_1',
        machineClass: 'linux-x64-2',
      },
    ],
    [
      'integrationTests',
      {
        modelVersionId: 'mv_2',
        bundleDigest: 'sha256:aa',
        passed: 20,
        failed: 0,
        runtime: 'model-server',
        examplesFrom: 'test-split',
        at: now,
      },
    ],
    [
      'latency',
      {
        modelVersionId: 'mv_2',
        endpoint: 'delays-live',
        machineClass: 'linux-x64-2',
        p50Ms: 1,
        p95Ms: 3.25,
        p99Ms: 6,
        throughputPerSecond: 800,
        requests: 1000,
        errors: 0,
        coldIncluded: true,
        at: now,
      },
    ],
    [
      'resources',
      {
        modelVersionId: 'mv_2',
        modelBytes: 400_000,
        peakMemoryBytes: 90_000_000,
        cpuMsPerRequest: 0.6,
        at: now,
      },
    ],
    [
      'fallback',
      {
        endpoint: 'delays-live',
        kind: 'version',
        modelVersionId: 'mv_1',
        exercisedAt: now - day,
        passed: true,
        killed: true,
      },
    ],
    [
      'rollbackDrill',
      {
        endpoint: 'delays-live',
        at: now - day,
        durationMs: 180,
        succeeded: true,
        steps: ['set traffic to the version before', 'wait for the model server'],
      },
    ],
    [
      'rollout',
      {
        endpoint: 'delays-live',
        modelVersionId: 'mv_2',
        against: 'version',
        arms: [
          { arm: 'primary', requests: 500 },
          { arm: 'canary', requests: 480 },
        ],
        shadow: { requests: 200 },
        concluded: true,
        srmP: 0.4,
        outcome: 'promote',
        changeId: 'chg_1',
      },
    ],
    ['predictionLog', { endpoint: 'delays-live', served: 980, logged: 980, since: now - day }],
    ['doors', { endpoint: 'delays-live', routes: 6, authenticated: true, rateLimited: true, open: [] }],
    [
      'monitor',
      {
        name: 'delays-drift',
        endpoint: 'delays-live',
        paused: false,
        reference: 'spl_1',
        columns: 12,
        window: 'P1D',
        thresholds: 3,
        performanceFloor: true,
        route: 'on-call',
      },
    ],
    [
      'alertRoutes',
      {
        endpoint: 'delays-live',
        routes: [{ name: 'on-call', acknowledgedTestAt: now - day }],
        kinds: ['performance', 'drift', 'latency', 'errors'],
        silencedWithoutEnd: 0,
      },
    ],
    [
      'retrainingPolicy',
      { name: 'weekly', endpoint: 'delays-live', pipeline: 'train', triggers: ['drift'], enabled: true },
    ],
    ['spending', { currency: 'USD', thresholdPerDay: 50, overruns: [] }],
    [
      'change',
      {
        id: 'chg_1',
        digest: 'sha256:cc',
        requester: 'usr_a',
        approvals: [{ approver: 'usr_b', digest: 'sha256:cc', at: now, independent: true }],
        required: 1,
      },
    ],
  ]);
}
