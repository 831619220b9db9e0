import type {
  ModelExamples,
  ModelSignature,
  PinnedStep,
  PipelineModel,
  ServableVersion,
} from '@esteira/contracts';
import { signatureOfColumns, stepFolder } from '@esteira/contracts';
import type { KeptFile } from '../freeze-files.ts';
import { checkPipeline } from './check-pipeline.ts';
import { madeUpRows } from './inspect-graph-bytes.ts';

/** What `models:/name/3` or `models:/name@alias` stands for now. */
export type ResolveVersion = (reference: string) => Promise<ServableVersion | undefined>;

/** A pipeline with the versions of its steps, whose files become files of its own bundle. */
export async function inspectPipeline(
  pipeline: PipelineModel,
  resolve: ResolveVersion,
): Promise<
  | {
      readonly signature: ModelSignature;
      readonly examples: ModelExamples;
      readonly files: readonly KeptFile[];
    }
  | { readonly problem: string }
> {
  const models = new Map<string, ModelSignature>();
  const pinned: Record<string, PinnedStep> = {};
  const files: KeptFile[] = [];
  for (const step of pipeline.steps) {
    if (!('model' in step)) continue;
    const version = await resolve(step.model);
    if (version === undefined)
      return { problem: `the step ${step.name} names ${step.model}, which is not there` };
    const { signature, artifacts } = version;
    if (signature.pipeline !== undefined)
      return { problem: `the step ${step.name} is ${step.model}, which is a pipeline itself` };
    const { python, remote } = signature;
    models.set(step.name, signature);
    pinned[step.name] = {
      modelVersionId: version.id,
      model: version.model,
      version: version.version,
      digest: version.digest,
      ...(python === undefined ? {} : { python: true }),
      ...(remote?.secret === undefined ? {} : { secret: remote.secret }),
    };
    for (const { path, digest, size } of artifacts)
      files.push({ path: `${stepFolder(step.name)}${path}`, digest, size });
  }
  const problem = checkPipeline(pipeline, models);
  if (problem !== undefined) return { problem };
  const signature = { ...signatureOfColumns(pipeline), pipeline: { ...pipeline, pinned } };
  return { signature, examples: madeUpRows(signature), files };
}
