import { serveComputeWorker } from '../kernel/serve-compute-worker.ts';
import { type EvaluateInput, evaluateModels } from './evaluate-models.ts';

serveComputeWorker({
  evaluate: (input, report) => ({ result: evaluateModels(input as EvaluateInput, report) }),
});
