import { Navigate, useParams } from 'react-router';
import type { ListItem } from '../api/answers.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../components/answered.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { useMessages } from '../messages/use-messages.tsx';

/** Leads on by the experiment whose number for MLflow's clients stands in the address. */
export function ExperimentAddress({
  to,
}: {
  readonly to: (experiment: ListItem<'tracking', 'listExperiments'>) => string;
}) {
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
