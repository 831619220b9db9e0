import { Json, SplitRecipe } from '@esteira/contracts';
import { z } from 'zod';
import type { DatasetsDeps } from './datasets-deps.ts';
import { createSplit } from './splits/create-split.ts';
import { ingest } from './versions/ingest.ts';

const bound = z.union([z.string(), z.number()]).optional();

const IngestPayload = z.object({
  dataset: z.string(),
  files: z.array(z.string()).optional(),
  window: z.object({ column: z.string(), from: bound, to: bound }).optional(),
  contract: z.union([z.number(), z.enum(['latest', 'none'])]).optional(),
  deduplicate: z.boolean(),
});

const SplitPayload = z.object({ versionId: z.string(), request: z.unknown() });

/** Registers the long work of the room: `datasets.ingest` and `datasets.split`. */
export function registerDatasetJobs(deps: DatasetsDeps): void {
  deps.jobs.register('datasets.ingest', async (run) => {
    const result = await ingest(deps, run.context, IngestPayload.parse(run.job.payload), run);
    return Json.parse(result);
  });
  deps.jobs.register('datasets.split', async (run) => {
    const { versionId, request } = SplitPayload.parse(run.job.payload);
    const split = await createSplit(deps, run.context, versionId, SplitRecipe.parse(request));
    return { splitId: split.id, digest: split.digest };
  });
}
