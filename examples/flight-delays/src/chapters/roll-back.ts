import { type Chapter, names } from '../story.ts';
import { until } from '../wait.ts';
import { liveVersion } from './pass-gates.ts';

export const rollBack: Chapter = {
  title: 'Rollback',
  async tell(story) {
    const { client, reviewer, console } = story;
    const before = await liveVersion(story);
    const change = await client.governance.requestChange({
      body: { kind: 'serving.rollback', subject: { endpoint: names.endpoint } },
    });
    if (change.state === 'awaiting-approval') {
      await reviewer.governance.approveChange({ params: { id: change.id }, body: { digest: change.digest } });
    }
    const began = performance.now();
    await client.governance.applyChange({ params: { id: change.id } });
    const ended = await until('the rollback', 60, async () => {
      const current = await client.governance.change({ params: { id: change.id } });
      return current.state === 'succeeded' || current.state === 'failed' || current.state === 'rolled-back'
        ? current
        : undefined;
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    for (const check of ended.verification)
      console.fact(`verified ${check.name}: ${JSON.stringify(check.measured)}`);
    if (ended.state !== 'succeeded') throw new Error(`the rollback ended ${ended.state}: ${ended.reason}`);
    const after = await liveVersion(story);
    console.fact(`${before ?? 'nothing'} → ${after ?? 'the fallback'}`);
    return `back on ${after === null ? 'the fallback' : 'the former version'} in ${seconds} s, measured from consent to verified`;
  },
};
