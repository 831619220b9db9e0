import { Reference, TrainingSetSpine } from '@esteira/contracts';
import { z } from 'zod';
import type { StepKind } from '../kernel/step-kind.ts';
import type { FeatureStoreService } from './feature-store-service.ts';

const MaterializeWith = z.strictObject({
  views: z.array(z.string()).min(1),
  source: Reference,
  at: z.union([z.number().int(), z.string()]),
});

/** The step kinds of this room: `feature-store.training-set` and `feature-store.materialize`. */
export function createFeatureStoreSteps(
  features: FeatureStoreService,
  digestOfService: (workspace: string, name: string) => Promise<string>,
): readonly StepKind[] {
  return [
    {
      kind: 'feature-store.training-set',
      version: '1',
      summary: 'Joins features to rows as they were known at each row’s moment.',
      with: TrainingSetSpine,
      cacheable: true,
      // A service is named, not referred to by digest: what it and its views say belongs to the cache key.
      externalState: async (context, withValues) =>
        digestOfService(context.workspace, (withValues as TrainingSetSpine).featureService),
      async run(step) {
        const version = await features.buildTrainingSet(
          step.context,
          step.with as TrainingSetSpine,
          step.project,
          step,
        );
        step.log.metrics({ rows: version.rows });
        return { version: { type: 'dataset-version', id: version.id, digest: version.digest } };
      },
    },
    {
      kind: 'feature-store.materialize',
      version: '1',
      summary: 'Computes the online values of views as of a moment.',
      with: MaterializeWith,
      cacheable: false,
      async run(step) {
        const wanted = step.with as z.output<typeof MaterializeWith>;
        const at =
          typeof wanted.at === 'number'
            ? wanted.at
            : Date.parse(`${wanted.at}${wanted.at.includes('T') ? '' : 'T00:00:00'}Z`);
        const rows: Record<string, number> = {};
        for (const view of wanted.views) {
          rows[view] = (
            await features.materialize(step.context, view, { at, versionId: wanted.source.id })
          ).rows;
        }
        step.log.metrics(rows);
        return { rows };
      },
    },
  ];
}
