import type { Evaluation, JsonValue } from '@esteira/contracts';
import { z } from 'zod';
import type { EvidenceReader } from '../governance/index.ts';
import type { EvaluationService } from './evaluation-service.ts';

const VersionFacts = z.object({ evaluationId: z.string(), trainedModelId: z.string() });
const ProjectFacts = z.object({ successMetric: z.object({ baseline: z.string() }) });

/** What gates may know of an evaluation: `comparison`, `fairness`, `explanation`. */
export function createEvaluationEvidence(
  evaluation: Pick<EvaluationService, 'find'>,
): readonly EvidenceReader[] {
  const reader = (
    name: string,
    describe: (report: Evaluation, baseline: string | undefined) => JsonValue | undefined,
  ): EvidenceReader => ({
    name,
    async read(context, _subject, other) {
      const version = VersionFacts.safeParse(await other('version'));
      if (!version.success) return undefined;
      const report = await evaluation.find(context.workspace, version.data.evaluationId);
      // An evaluation of another model says nothing about this one.
      if (report?.trainedModelId !== version.data.trainedModelId) return undefined;
      const project = ProjectFacts.safeParse(await other('project'));
      return describe(report, project.success ? project.data.successMetric.baseline : undefined);
    },
  });
  return [
    reader('comparison', describeComparison),
    reader('fairness', (report) => ({
      evaluationId: report.id,
      splitId: report.splitId,
      testDigest: report.testDigest,
      attributes: report.fairness,
    })),
    reader('explanation', (report) => ({
      evaluationId: report.id,
      importance: report.importance.map(({ feature, gain }) => ({ feature, value: gain })),
      perPrediction: false,
    })),
  ];
}

function describeComparison(report: Evaluation, named: string | undefined): JsonValue | undefined {
  if (report.part !== 'test') return undefined;
  const baseline = report.baselines.find((candidate) => candidate.name === named) ?? strongest(report);
  if (!baseline) return undefined;
  const { current } = report;
  return {
    evaluationId: report.id,
    trainedModelId: report.trainedModelId,
    metric: report.metric,
    direction: report.direction,
    value: report.metrics[report.metric as keyof Evaluation['metrics']] ?? null,
    splitId: report.splitId,
    testDigest: report.testDigest,
    slice: null,
    alpha: report.alpha,
    resamples: report.resamples,
    baseline: {
      name: baseline.name,
      value: baseline.value,
      splitId: baseline.splitId,
      testDigest: baseline.testDigest,
      difference: baseline.difference,
      lower: baseline.lower,
      upper: baseline.upper,
    },
    vsCurrent: current && {
      trainedModelId: current.trainedModelId,
      value: current.value,
      testDigest: current.testDigest,
      difference: current.difference,
      lower: current.lower,
      upper: current.upper,
    },
  };
}

/** Without a named baseline, the one that is hardest to beat. */
function strongest(report: Evaluation): Evaluation['baselines'][number] | undefined {
  return [...report.baselines].sort((left, right) => (left.difference ?? 0) - (right.difference ?? 0))[0];
}
