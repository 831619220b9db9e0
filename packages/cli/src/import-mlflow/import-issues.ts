import { canonicalText } from './canonical-text.ts';
import { issuesOf } from './rest-issues.ts';
import { sendInBatches } from './send-in-batches.ts';
import type { ThingsImport } from './things-import.ts';

/**
 * Moves issues with their status, severity, causes and times, those of deleted experiments too, and compares what they say.
 * Which traces show them comes with the traces.
 */
export async function importIssues({
  source,
  target,
  tally,
  experiments,
  onProgress,
}: ThingsImport): Promise<void> {
  const wanted = new Map<string, string>();
  for await (const page of source.issues()) {
    // Of other workspaces there are experiments that were not read.
    const known = page.filter(({ experimentKey }) => experiments.has(experimentKey));
    for (const issue of known) {
      const { number = 0 } = experiments.get(issue.experimentKey) ?? {};
      wanted.set(issue.id, canonicalText({ ...issue, experimentKey: String(number) }));
      tally.count('issue', issue.id, { content: 1 });
    }
    const items = known.map(({ experimentKey, ...issue }) => ({
      ...issue,
      experimentId: experiments.get(experimentKey)?.id ?? experimentKey,
    }));
    await sendInBatches(
      items,
      async (batch) => void (await target?.client.imports.issues({ body: { items: batch } })),
    );
    onProgress({ step: 'issues', done: wanted.size });
  }
  if (target === undefined || wanted.size === 0) return;
  for await (const page of issuesOf(target.rest))
    for (const issue of page) {
      const content = wanted.get(issue.id);
      if (content !== undefined)
        tally.found('issue', issue.id, { content: content === canonicalText(issue) ? 1 : 0 });
    }
}
