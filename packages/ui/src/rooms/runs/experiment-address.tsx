import { Navigate, useParams, useSearchParams } from 'react-router';
import type { ListItem } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Experiment = ListItem<'tracking', 'listExperiments'>;

/** The address that MLflow's client prints for an experiment: its runs. */
export function ExperimentAddress() {
  return <Found to={({ name }) => `/runs?${new URLSearchParams({ experiment: name })}`} />;
}

/** The address that MLflow's client prints for the traces of an experiment. */
export function ExperimentTracesAddress() {
  return <Found to={({ id }) => `/traces?${new URLSearchParams({ experiment: id })}`} />;
}

/** The address that MLflow's client prints for what it evaluated, a run of the experiment: that run, or all of them. */
export function EvaluationRunAddress() {
  const [search] = useSearchParams();
  const run = search.get('selectedRunUuid') ?? '';
  if (run === '') return <ExperimentAddress />;
  return <Navigate to={`/runs/${encodeURIComponent(run)}`} replace />;
}

function Found({ to }: { readonly to: (experiment: Experiment) => string }) {
  const { t } = useMessages();
  const { experiment = '' } = useParams();
  const isNumber = /^\d{1,15}$/.test(experiment);
  const found = useAnswer(
    'tracking',
    'listExperiments',
    { query: { number: Number(experiment) } },
    { enabled: isNumber },
  );
  const unknown = (
    <EmptyState title={t('runs.noExperiment', { number: experiment })} hint={t('runs.noExperimentHint')} />
  );
  if (!isNumber) return unknown;
  return (
    <Answered query={found}>
      {({ items: [first] }) => (first === undefined ? unknown : <Navigate to={to(first)} replace />)}
    </Answered>
  );
}
