import type { StepKind } from './step-kind.ts';
import type { Tracer } from './tracer.ts';

/** A kind of step whose runs are spans; the kind itself when nothing is traced. */
export function traceStepKind(kind: StepKind, tracer: Tracer): StepKind {
  if (!tracer.active) return kind;
  return {
    ...kind,
    run: (run) =>
      tracer.span(
        `step ${kind.kind}`,
        {
          attributes: {
            'esteira.pipeline.run.id': run.pipelineRunId,
            'esteira.pipeline.step': run.step,
            'esteira.pipeline.attempt': run.attempt,
          },
        },
        () => kind.run(run),
      ),
  };
}
