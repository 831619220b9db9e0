import { Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { RowTable } from '../../components/row-table.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Validation = Answer<'datasets', 'getValidationRun'>;
type Check = Validation['checks'][number];

/** One validation: every check with what was measured and accepted, and rows that failed. */
export function ValidationRunPage() {
  const { id = '' } = useParams();
  const run = useAnswer('datasets', 'getValidationRun', { params: { id } });
  return <AnsweredPage query={run}>{(answer) => <ValidationView run={answer} />}</AnsweredPage>;
}

function ValidationView({ run }: { readonly run: Validation }) {
  const { t } = useMessages();
  return (
    <>
      <PageHeader
        title={t('validation.title', { dataset: run.dataset })}
        path={[
          [t('datasets.title'), '/datasets'],
          [run.dataset, `/datasets/${run.dataset}`],
        ]}
        status={<StatusBadge status={run.outcome} />}
        actions={
          run.versionId ? (
            <TextLink to={`/dataset-versions/${run.versionId}`}>{run.versionId}</TextLink>
          ) : null
        }
      >
        {t('validation.summary', { rows: run.rows, failing: run.failingRows })} ·{' '}
        {t('validation.contractVersion', { version: run.contractVersion })} · <TimeText at={run.at} />
      </PageHeader>
      <Panel title={t('validation.checks')} flush>
        <CheckTable checks={run.checks} />
      </Panel>
      {run.unexpectedColumns.length > 0 ? (
        <Panel title={t('validation.unexpected')}>
          <span className="mono">{run.unexpectedColumns.join(', ')}</span>
        </Panel>
      ) : null}
      {run.sample.length > 0 ? (
        <Panel title={t('validation.sample')} flush>
          <RowTable
            label={t('validation.sample')}
            columns={['check', ...Object.keys(run.sample[0]?.row ?? {})]}
            rows={run.sample.map(({ check, row }) => ({ check, ...row }))}
          />
        </Panel>
      ) : null}
      {run.documented.length > 0 ? (
        <Panel title={t('validation.documented')}>
          {run.documented.map((text) => (
            <Text key={text} size="sm">
              {text}
            </Text>
          ))}
        </Panel>
      ) : null}
    </>
  );
}

function CheckTable({ checks }: { readonly checks: readonly Check[] }) {
  const { t, format } = useMessages();
  const failedFirst = [...checks].sort((left, right) => rank(left) - rank(right));
  return (
    <DataTable
      label={t('validation.checks')}
      rows={failedFirst}
      rowKey={(check) => check.id}
      columns={[
        { key: 'outcome', header: t('word.status'), cell: (check) => <StatusBadge status={check.outcome} /> },
        {
          key: 'title',
          header: t('validation.check'),
          grow: true,
          cell: (check) => (
            <>
              {check.title}
              {check.reason ? <div className="faint">{check.reason}</div> : null}
            </>
          ),
        },
        {
          key: 'column',
          header: t('validation.column'),
          cell: (check) => <span className="mono">{check.column ?? '–'}</span>,
        },
        {
          key: 'measured',
          header: t('validation.measured'),
          align: 'right',
          cell: (check) => measuredText(check, format.number),
        },
        { key: 'accepted', header: t('validation.accepted'), cell: (check) => check.accepted },
        {
          key: 'failing',
          header: t('validation.failingRows'),
          align: 'right',
          cell: (check) => (check.failingRows === null ? '–' : format.integer(check.failingRows)),
        },
        {
          key: 'severity',
          header: t('validation.severity'),
          cell: (check) => t(`validation.severity.${check.severity}`),
        },
      ]}
    />
  );
}

function measuredText(check: Check, format: (value: number) => string): string {
  if (check.measured === null) return '–';
  return check.unit === 'percent' ? `${format(check.measured)} %` : format(check.measured);
}

function rank(check: Check): number {
  if (check.outcome === 'failed') return check.severity === 'error' ? 0 : 1;
  return check.outcome === 'not-evaluated' ? 2 : 3;
}
