import { ApiError } from '@esteira/sdk';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

const tones = { promote: 'good', hold: 'warn', 'roll-back': 'bad' } as const;

/** The candidate against what answers now, step by step, with the numbers that decided. */
export function RolloutPanel({ changeId }: { readonly changeId: string }) {
  const { t, format } = useMessages();
  const rollout = useAnswer(
    'serving',
    'rollout',
    { params: { changeId } },
    { every: (data) => (data?.outcome === 'running' ? 2000 : false) },
  );
  if (rollout.error instanceof ApiError && rollout.error.status === 404) return null;
  return (
    <Panel title={t('change.rollout')} hint={`${t('change.candidate')} / ${t('change.control')}`} flush>
      <Answered query={rollout}>
        {({ comparisons }) => (
          <DataTable
            label={t('change.rollout')}
            rows={comparisons}
            rowKey={(row) => `${row.step} ${row.at}`}
            columns={[
              { key: 'step', header: t('change.step'), cell: (row) => row.step },
              {
                key: 'verdict',
                header: t('word.status'),
                cell: (row) => (
                  <TonedBadge tone={tones[row.verdict]}>{t(`change.verdict.${row.verdict}`)}</TonedBadge>
                ),
              },
              {
                key: 'rows',
                header: t('word.rows'),
                align: 'right',
                cell: (row) => pair(row.candidate.rows, row.control.rows, format.integer),
              },
              {
                key: 'errors',
                header: t('change.errors'),
                align: 'right',
                cell: (row) => pair(row.candidate.errors, row.control.errors, format.integer),
              },
              {
                key: 'p95',
                header: t('project.p95'),
                align: 'right',
                cell: (row) => pair(row.candidate.p95Ms, row.control.p95Ms, format.duration),
              },
              {
                key: 'psi',
                header: t('change.scoreShift'),
                align: 'right',
                cell: (row) => (row.scoreShift === null ? '–' : format.metric(row.scoreShift)),
              },
              {
                key: 'srm',
                header: t('change.srm'),
                align: 'right',
                cell: (row) => (row.srmP === null ? '–' : format.number(row.srmP)),
              },
              { key: 'reasons', header: t('word.reason'), grow: true, cell: (row) => row.reasons.join('; ') },
              { key: 'at', header: t('word.when'), cell: (row) => <TimeText at={row.at} /> },
            ]}
          />
        )}
      </Answered>
    </Panel>
  );
}

/** Candidate, then control. */
function pair(candidate: number | null, control: number | null, format: (value: number) => string): string {
  return `${candidate === null ? '–' : format(candidate)} / ${control === null ? '–' : format(control)}`;
}
