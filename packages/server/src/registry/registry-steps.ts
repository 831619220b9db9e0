import { Name, Reference } from '@esteira/contracts';
import { z } from 'zod';
import type { StepKind } from '../kernel/step-kind.ts';
import type { RegistryService } from './registry-service.ts';

const RegisterWith = z.object({
  /** The trained model. */
  model: Reference,
  evaluation: Reference,
  /** The registered model; opened in the pipeline's project when it does not exist yet. */
  name: Name,
  description: z.string().max(10_000).default(''),
});

export function createRegistrySteps(registry: RegistryService): readonly StepKind[] {
  return [
    {
      kind: 'registry.register',
      version: '1',
      summary: 'Checks a trained model and freezes it as the next version of a registered model.',
      with: RegisterWith,
      // Registering twice gives the same version, so there is nothing to save; and a version must exist, not be remembered.
      cacheable: false,
      async run(step) {
        const { model, evaluation, name, description } = RegisterWith.parse(step.with);
        if ((await registry.findModel(step.context.workspace, name)) === undefined) {
          await registry.createModel(step.context, { name, project: step.project, description: '' });
        }
        const version = await registry.register(step.context, {
          model: name,
          trainedModelId: model.id,
          evaluationId: evaluation.id,
          description,
        });
        step.log.tags({ model: name, version: String(version.version), digest: version.digest });
        step.log.metrics(version.metrics);
        return {
          version: { type: 'model-version', id: version.id, digest: version.digest },
          number: version.version,
        };
      },
    },
  ];
}
