import { ConversionResult, type ConversionSource } from '@esteira/contracts';
import type { CommandContext } from '../command-context.ts';
import { followJob } from '../follow/follow-job.ts';
import type { DeployedVersion } from './deployed-version.ts';

/** Converts an estimator to ONNX and waits for it: the version with the graph, and how the two compared. Throws as its job. */
export async function convertSource(
  context: CommandContext,
  wanted: { readonly model: string; readonly description: string },
  source: ConversionSource,
): Promise<{ readonly version: DeployedVersion } & Pick<ConversionResult, 'created' | 'report'>> {
  const { registry } = context.client();
  const { jobId } = await registry.convert({
    params: { name: wanted.model },
    body: { source, description: wanted.description },
  });
  const job = await followJob(context, jobId);
  const { modelVersionId, created, report } = ConversionResult.parse(job.result);
  const worst = Math.max(0, ...report.outputs.map((output) => output.worst));
  const { examples, madeUp, gaps } = report.rows;
  context
    .output()
    .progress(
      `converted; answers to ${examples + madeUp + gaps} rows differ by at most ${worst.toPrecision(2)}`,
    );
  return { version: await registry.versionById({ params: { id: modelVersionId } }), created, report };
}
