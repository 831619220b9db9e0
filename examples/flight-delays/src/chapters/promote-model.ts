import type { Answered } from '../answered.ts';
import { readLiveFlights } from '../live-flights.ts';
import { replay } from '../replay.ts';
import { type Chapter, noted, type Story } from '../story.ts';
import { landMonths } from './ingest-data.ts';

const ends: ReadonlySet<string> = new Set(['succeeded', 'rolled-back', 'failed', 'cancelled', 'refused']);

export const promoteModel: Chapter = {
  title: 'Change',
  async tell(story) {
    const { console, notes } = story;
    await landMonths(story, [4]);
    notes.april = await readLiveFlights(story, {
      months: [3, 4],
      historyFrom: '2001-03-15',
      from: '2001-04-02',
      until: '2001-05-01',
      samples: [{ until: '2001-05-01', rows: 4000 }],
    });
    notes.answered = [];
    if (notes.changeId === undefined) {
      const answered = await replay(notes.april, { ...trafficOf(story), rowsPerRequest: 5 });
      notes.answered.push(...answered);
      console.fact(
        `replayed ${answered.length.toLocaleString('en')} April departures to the version that is live`,
      );
      return 'no change was needed';
    }
    const seconds = await consentAndApply(story, notes.changeId, notes.april);
    return `consented by a second identity; shadow, canary, verified, in production after ${seconds} s`;
  },
};

/** Consents as the other person, applies, and replays departures until the change has ended. Returns its seconds. */
export async function consentAndApply(
  story: Story,
  changeId: string,
  flights: Story['notes']['april'],
): Promise<string> {
  const { client, reviewer, console, notes } = story;
  const planned = await client.governance.change({ params: { id: changeId } });
  const { cost, blastRadius, steps } = planned.plan;
  console.fact(
    `plan ${planned.digest.slice(0, 19)}: ${steps.map((step) => step.name).join(' → ')}; about ${cost.amount.toFixed(4)} ${cost.currency} a day`,
  );
  console.fact(`blast radius: ${blastRadius}`);
  const own = await client.governance
    .approveChange({ params: { id: changeId }, body: { digest: planned.digest } })
    .then(
      () => 'accepted',
      (error: Error) => `refused (${error.message})`,
    );
  console.fact(`the requester's own consent: ${own}`);
  await reviewer.governance.approveChange({
    params: { id: changeId },
    body: { digest: planned.digest, comment: 'plan read' },
  });
  await client.governance.applyChange({ params: { id: changeId } });

  let state = 'applying';
  const watching = (async () => {
    for (;;) {
      const change = await client.governance.change({ params: { id: changeId } });
      state = change.state;
      console.live(`${change.state}: ${change.progress.message}`);
      if (ends.has(state)) return change;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  })();
  const answered: Answered[] = [];
  const departures = flights ?? [];
  while (!ends.has(state)) {
    answered.push(
      ...(await replay(departures, {
        ...trafficOf(story),
        rowsPerRequest: 2,
        concurrency: 2,
        isOver: () => ends.has(state),
      })),
    );
  }
  const ended = await watching;
  notes.answered = [...(notes.answered ?? []), ...answered];
  for (const step of ended.steps)
    console.fact(`${step.name}: ${step.state}${step.error === null ? '' : `, ${step.error}`}`);
  const { comparisons } = await client.serving.rollout({ params: { changeId } });
  console.table(
    ['compared', 'candidate rows', 'control rows', 'p95 ms', 'split p', 'verdict'],
    comparisons.map((comparison) => [
      comparison.step,
      String(comparison.candidate.rows),
      String(comparison.control.rows),
      comparison.candidate.p95Ms?.toFixed(1) ?? '-',
      comparison.srmP?.toFixed(3) ?? '-',
      comparison.verdict,
    ]),
  );
  for (const check of ended.verification)
    console.fact(
      `verified ${check.name}: ${JSON.stringify(check.measured)} (expected ${JSON.stringify(check.expected)})${check.ok ? '' : ' NOT MET'}`,
    );
  if (state !== 'succeeded') throw new Error(`the change ended ${state}: ${ended.reason}`);
  console.fact(`${answered.length.toLocaleString('en')} predictions answered while it went on`);
  return ((ended.updatedAt - planned.requestedAt) / 1000).toFixed(0);
}

export function trafficOf(story: Story) {
  return {
    servingUrl: story.server.servingUrl,
    key: noted(story, 'inferenceKey'),
    concurrency: 4,
    rowsPerRequest: 20,
  };
}
