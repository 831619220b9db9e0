import { usePages } from '../../api/use-answer.ts';
import { ArtifactPanel } from './artifact-panel.tsx';

/** The files of a run, each to download. */
export function RunArtifacts({ runId, isRunning }: { readonly runId: string; readonly isRunning: boolean }) {
  const pages = usePages(
    'tracking',
    'listArtifacts',
    { params: { id: runId }, query: {} },
    { every: () => (isRunning ? 5000 : false) },
  );
  return <ArtifactPanel pages={pages} download={`/api/v1/runs/${runId}/artifact`} />;
}
