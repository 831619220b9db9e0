import type { Answered } from '../answered.ts';
import type { LiveFlight } from '../live-flight.ts';
import { readLiveFlights } from '../live-flights.ts';
import { replay } from '../replay.ts';
import { type Chapter, names, type Story } from '../story.ts';
import { until, waitForJob } from '../wait.ts';
import { landMonths } from './ingest-data.ts';
import { benchmark, requestPromotion } from './pass-gates.ts';
import { consentAndApply, trafficOf } from './promote-model.ts';
import { describeEvaluation, untilRunEnds } from './run-pipeline.ts';

type RetrainingRun = Awaited<ReturnType<Story['client']['monitoring']['retrainingRun']>>;

export const monitorAndRetrain: Chapter = {
  title: 'Monitoring',
  async tell(story) {
    const { client, console, notes } = story;
    const began = story.now();
    const april = notes.answered ?? [];
    await landMonths(story, [5, 6]);
    const later = await readLiveFlights(story, {
      months: [4, 5, 6],
      historyFrom: '2001-04-15',
      from: '2001-05-01',
      until: '2001-06-18',
      samples: [{ until: '2001-06-18', rows: 8_000 }],
    });
    const early = later.filter((flight) => flight.departure < driftSeenBy);
    await liveThrough(story, early, april);
    await evaluateWindows(story, driftSeenBy);
    const { items: alerts } = await client.monitoring.alerts({
      query: { monitor: names.monitor, state: 'open' },
    });
    for (const alert of alerts) console.fact(`alert ${alert.state}: ${alert.signal}, ${alert.summary}`);
    for (const alert of alerts.filter(({ state }) => state === 'firing')) {
      await client.monitoring.acknowledgeAlert({
        params: { id: alert.id },
        body: { reason: 'retraining has been started' },
      });
    }
    const verdict = await decide(story, await findRetraining(story, began));
    await liveThrough(
      story,
      later.filter((flight) => flight.departure >= driftSeenBy),
      [],
    );
    await evaluateWindows(story, Date.parse('2001-06-18T00:00:00Z'));
    return verdict;
  },
};

/** The second week in a row has drifted by then. */
const driftSeenBy = Date.parse('2001-05-07T00:00:00Z');

/** Replays departures and sends the labels of what has landed: theirs, and of answers that were given before. */
async function liveThrough(
  story: Story,
  flights: readonly LiveFlight[],
  before: readonly Answered[],
): Promise<void> {
  const { client, console } = story;
  const answered = await replay(flights, {
    ...trafficOf(story),
    onAnswer: (done) => console.live(`replaying: ${done} departures`),
  });
  console.fact(`replayed ${answered.length.toLocaleString('en')} departures over HTTP`);
  await sendLabels(story, [...before, ...answered]);
  await until('every answer in the prediction log', 30, async () => {
    const { served, logged } = await client.serving.reconciliation({ params: { name: names.endpoint } });
    return served === logged ? true : undefined;
  });
}

/** Labels arrive when the flights have landed, in batches, and are joined by prediction id. */
async function sendLabels({ client, console }: Story, answered: readonly Answered[]): Promise<void> {
  const byTime = [...answered].sort((left, right) => left.flight.labelKnownAt - right.flight.labelKnownAt);
  let stored = 0;
  for (let first = 0; first < byTime.length; first += 5000) {
    const labels = byTime.slice(first, first + 5000).map(({ predictionId, flight }) => ({
      predictionId,
      label: flight.label,
      at: Math.round(flight.labelKnownAt),
    }));
    const receipt = await client.monitoring.postLabels({
      params: { endpoint: names.endpoint },
      body: { labels },
    });
    stored += receipt.stored;
  }
  console.fact(
    `${stored.toLocaleString('en')} labels arrived after the landings and were joined by prediction id`,
  );
}

async function evaluateWindows(story: Story, to: number): Promise<void> {
  const { client, console } = story;
  const from = Date.parse('2001-04-02T00:00:00Z');
  const { jobId } = await client.monitoring.evaluate({ params: { name: names.monitor }, body: { from, to } });
  await waitForJob(client, jobId, console);
  const { items } = await client.monitoring.windows({ params: { name: names.monitor }, query: {} });
  const number = (value: number | null | undefined, digits: number): string => value?.toFixed(digits) ?? '-';
  console.table(
    ['week of', 'rows', 'labels', 'ROC-AUC', 'p95 ms', 'columns that drifted'],
    [...items].reverse().map((window) => [
      new Date(window.start).toISOString().slice(0, 10),
      String(window.rows),
      String(window.labelledRows),
      number(window.performance?.value, 3),
      number(window.latency.p95Ms, 1),
      window.drift
        .filter((column) => column.breach)
        .map((column) => `${column.column} (${column.method?.split('.')[0]} ${number(column.distance, 2)})`)
        .slice(0, 3)
        .join(', ') || '-',
    ]),
  );
}

/** The run an alert has started, or one asked for by hand when no alert did: the story tells which. */
async function findRetraining(story: Story, since: number): Promise<RetrainingRun> {
  const { client, console } = story;
  const started = await until('a retraining run', 10, async () => {
    const { items } = await client.monitoring.retrainingRuns({ query: { policy: names.policy } });
    return items.find((run) => run.createdAt >= since && !run.decision?.startsWith('skipped'));
  }).catch(() => undefined);
  if (started) {
    console.fact(`retraining started by ${started.trigger}: ${started.reason}`);
    return started;
  }
  console.fact('no alert has started a retraining; asking for one by hand');
  return await client.monitoring.triggerRetraining({
    params: { name: names.policy },
    body: {
      reason: 'the last weeks are new to the model',
      windowStart: Date.parse('2001-04-30T00:00:00Z'),
      windowEnd: driftSeenBy,
    },
  });
}

async function decide(story: Story, run: RetrainingRun): Promise<string> {
  const { client, console } = story;
  const { pipelineRunId } = await until('the pipeline of the retraining', 30, async () => {
    const current = await client.monitoring.retrainingRun({ params: { id: run.id } });
    return current.pipelineRunId !== null || current.decision !== null ? current : undefined;
  });
  if (pipelineRunId !== null) await untilRunEnds(story, pipelineRunId);
  const decided = await until('the decision on the challenger', 20, async () => {
    const current = await client.monitoring.retrainingRun({ params: { id: run.id } });
    return current.decision === null ? undefined : current;
  });
  if (decided.evaluationId !== null) await describeEvaluation(story, decided.evaluationId);
  console.fact(`decision: ${decided.decision}, ${decided.reason}`);
  if (decided.changeId === null || decided.modelVersionId === null) return `drift found; ${decided.decision}`;
  return await promoteChallenger(story, decided.changeId, decided.modelVersionId);
}

/** A proposed change is judged like any other: evidence for the new version first, then consent, then traffic. */
async function promoteChallenger(story: Story, proposedId: string, modelVersionId: string): Promise<string> {
  const { client, console } = story;
  const proposed = await client.governance.change({ params: { id: proposedId } });
  console.fact(`proposed change ${proposedId}: ${proposed.state}`);
  await client.serving.integrationTests({ params: { id: modelVersionId } });
  await benchmark(story, modelVersionId);
  await client.serving.fallbackDrill({ params: { name: names.endpoint }, body: { modelVersionId } });
  const change = await requestPromotion(story, modelVersionId);
  if (change.state !== 'awaiting-approval') {
    const failed = change.plan.gates?.rules.filter((rule) => rule.verdict === 'fail') ?? [];
    for (const rule of failed) console.fact(`${rule.id}: ${rule.reason} Do: ${rule.todo}`);
    return `the challenger won, but its promotion was ${change.state}`;
  }
  const seconds = await consentAndApply(story, change.id, story.notes.april);
  return `drift found; the challenger won by test and was promoted in ${seconds} s`;
}
