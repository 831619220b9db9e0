import { ApiError } from '@esteira/sdk';
import { type Chapter, names, noted, type Story } from '../story.ts';
import { until } from '../wait.ts';

type Change = Awaited<ReturnType<Story['client']['governance']['change']>>;
type Gates = NonNullable<Change['plan']['gates']>;

const rollout = { shadowRequests: 200, canaryShares: [0.1, 0.5], requestsPerStep: 300, maxMinutes: 5 };

export const passGates: Chapter = {
  title: 'Gates',
  async tell(story) {
    const { client, console, notes } = story;
    const modelVersionId = noted(story, 'modelVersionId');
    await prepareEndpoint(story);
    notes.inferenceKey = (
      await client.serving.createKey({
        params: { name: names.endpoint },
        body: { name: `demo-${story.now()}`, requestsPerSecond: 5000, burst: 5000 },
      })
    ).key;
    const live = await liveVersion(story);
    if (live === modelVersionId) {
      console.fact('this version is live already: its data, code and seeds are the same as before');
      return 'nothing to promote';
    }

    const tests = await client.serving.integrationTests({ params: { id: modelVersionId } });
    console.fact(
      `integration tests in the serving runtime: ${tests.passed} passed, ${tests.failed} failed, examples from the ${tests.examplesFrom}`,
    );
    await benchmark(story, modelVersionId);
    const drill = await client.serving.rollbackDrill({
      params: { name: names.endpoint },
      body: { modelVersionId },
    });
    console.fact(
      `rollback drill on a twin of the endpoint: ${drill.durationMs.toFixed(0)} ms until no answer came from the candidate`,
    );

    const { desired } = await client.serving.endpoint({ params: { name: names.endpoint } });
    if (desired.fallback === null) await beRefusedWithoutFallback(story, modelVersionId);
    await client.serving.setFallback({
      params: { name: names.endpoint },
      body: { kind: 'rule', rule: { kind: 'feature', feature: 'route_late_14d', whenMissing: 0.2 } },
    });
    const fallback = await client.serving.fallbackDrill({
      params: { name: names.endpoint },
      body: { modelVersionId },
    });
    console.fact(
      `fallback: the route's late rate; drill: model killed ${fallback.killed}, fallback answered ${fallback.passed}`,
    );

    const change = await requestPromotion(story, modelVersionId);
    const { gates } = change.plan;
    if (gates) printGates(story, gates);
    if (change.state !== 'awaiting-approval')
      throw new Error(`the promotion is ${change.state}: ${change.reason}`);
    notes.changeId = change.id;
    return `refused without a fallback, then passed: ${countVerdicts(gates)}`;
  },
};

/** Measures the version alone. A machine busy with something else is given two more chances: the gate reads the latest. */
export async function benchmark({ client, console }: Story, modelVersionId: string): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const bench = await client.serving.benchmark({
      params: { name: names.endpoint },
      body: { modelVersionId, ratePerSecond: 100, seconds: 4, maxRatePerSecond: 400 },
    });
    console.fact(
      `benchmark: p50 ${bench.p50Ms.toFixed(1)} ms, p95 ${bench.p95Ms.toFixed(1)} ms, first request after loading ${bench.coldMs.toFixed(1)} ms, ${bench.throughputPerSecond.toFixed(0)} requests/s within the SLA, ${(bench.modelBytes / 1e6).toFixed(1)} MB`,
    );
    if (bench.p95Ms <= 15) return;
  }
}

async function beRefusedWithoutFallback(story: Story, modelVersionId: string): Promise<void> {
  const change = await requestPromotion(story, modelVersionId);
  const failed = change.plan.gates?.rules.filter((rule) => rule.verdict === 'fail') ?? [];
  if (change.state !== 'refused') throw new Error('a promotion without a fallback was not refused');
  story.console.fact(`promotion ${change.id}: refused`);
  for (const rule of failed) story.console.fact(`${rule.id} ${rule.title}: ${rule.reason} Do: ${rule.todo}`);
}

export async function requestPromotion({ client }: Story, modelVersionId: string): Promise<Change> {
  return await client.governance.requestChange({
    body: {
      kind: 'serving.promote',
      subject: { endpoint: names.endpoint, modelVersionId, stage: 'production', rollout },
    },
  });
}

function printGates({ console }: Story, gates: Gates): void {
  console.table(
    ['rule', 'verdict', 'title', 'because'],
    gates.rules.map((rule) => [rule.id, rule.verdict, rule.title, rule.reason.slice(0, 110)]),
  );
}

/** Id of the version that answers now; null before the first. */
export async function liveVersion({ client }: Story): Promise<string | null> {
  const endpoint = await client.serving.endpoint({ params: { name: names.endpoint } });
  const primary = endpoint.desired.arms.find((arm) => arm.role === 'primary')?.predictor;
  return primary?.kind === 'version' ? primary.modelVersionId : null;
}

/** The endpoint and everything that has to watch it before it may serve: routes, monitor, retraining policy. */
async function prepareEndpoint(story: Story): Promise<void> {
  const { client, console } = story;
  await client.serving
    .createEndpoint({
      body: { name: names.endpoint, project: names.project, stage: 'production', model: names.model },
    })
    .catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
    });
  await until('the model server listens', 30, async () => {
    const response = await fetch(`${story.server.servingUrl}/health`).catch(() => undefined);
    return response?.ok ? true : undefined;
  });
  await client.monitoring.putAlertRoute({ params: { name: 'inbox' }, body: { kind: 'inbox' } });
  const message = await client.monitoring.testAlertRoute({ params: { name: 'inbox' } });
  await client.monitoring.acknowledgeNotification({ params: { id: message.id } });
  await client.monitoring.putMonitor({
    params: { name: names.monitor },
    body: {
      endpoint: names.endpoint,
      reference: { splitId: noted(story, 'splitId'), part: 'train' },
      window: 'P7D',
      windowOffset: 'P4D',
      thresholds: { psi: 0.1 },
      performance: { metric: 'roc_auc', floor: 0.65, minLabels: 300 },
      latency: { p95Ms: 20 },
      errors: { maxShare: 0.01 },
      persistence: { m: 2, n: 3 },
      route: 'inbox',
    },
  });
  await client.monitoring.putRetrainingPolicy({
    params: { name: names.policy },
    body: {
      endpoint: names.endpoint,
      pipeline: names.pipeline,
      parameters: {
        dataFrom: '${{ window.end - P74D }}',
        trainFrom: '${{ window.end - P60D }}',
        testFrom: '${{ window.end - P14D }}',
        testUntil: '${{ window.end }}',
        trials: 4,
        current: '${{ live.trainedModel }}',
      },
      triggers: ['drift', 'performance', 'manual'],
      cooldown: 'PT1M',
      maxRunsPerDay: 10,
      minFreshLabels: 500,
      promote: 'propose',
      rollout: { ...rollout },
    },
  });
  console.fact(
    'endpoint, alert route (a test message was acknowledged), monitor and retraining policy are there',
  );
}

function countVerdicts(gates: Gates | null): string {
  const count = (verdict: string): number =>
    gates?.rules.filter((rule) => rule.verdict === verdict).length ?? 0;
  return `${count('pass')} rules pass, ${count('not-applicable')} do not apply yet`;
}
