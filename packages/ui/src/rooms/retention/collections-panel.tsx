import { Box, Button, Group } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction, useAnswer, usePages } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { DurationText, TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { ReportFigures, sumOf } from './report-figures.tsx';

type Collection = ListItem<'governance', 'garbageCollections'>;

/** The newest collection's figures, and the ones before. */
export function CollectionsPanel() {
  const { t, format } = useMessages();
  const mayCollect = useMay('retention:write');
  const policies = useAnswer('governance', 'retentionPolicies', { query: {} });
  const pages = usePages(
    'governance',
    'garbageCollections',
    { query: { limit: 5 } },
    { every: (items) => (items?.some(({ state }) => state === 'running') ? 1000 : 30_000) },
  );
  const collect = useAction('governance', 'collectGarbage');
  const newest = pages.items?.[0];
  return (
    <Panel
      title={t('gc.title')}
      hint={policies.data ? t('gc.hint', { count: policies.data.graceHours }) : null}
      flush
      actions={mayCollect ? buttons() : null}
    >
      {collect.error ? <ErrorNotice error={collect.error} /> : null}
      {newest ? (
        <Box p="sm">
          <ReportFigures report={newest.report} />
        </Box>
      ) : null}
      <PagedTable
        label={t('gc.title')}
        pages={pages}
        empty={<QuietText>{t('gc.empty')}</QuietText>}
        rowKey={(collection) => collection.id}
        columns={[
          { key: 'kind', header: t('word.kind'), cell: (collection) => stateBadge(collection) },
          {
            key: 'started',
            header: t('word.started'),
            cell: ({ startedAt }) => <TimeText at={startedAt} />,
          },
          {
            key: 'by',
            header: t('word.who'),
            grow: true,
            cell: ({ startedBy }) =>
              startedBy === 'system' ? (
                <span className="faint">{t('audit.system')}</span>
              ) : (
                <Person id={startedBy} />
              ),
          },
          {
            key: 'removed',
            header: t('gc.removed'),
            align: 'right',
            cell: ({ report }) => format.integer(sumOf(report.removed, ({ things }) => things)),
          },
          {
            key: 'freed',
            header: t('gc.freed'),
            align: 'right',
            cell: ({ report }) => format.bytes(sumOf(report.freed, ({ bytes }) => bytes)),
          },
          {
            key: 'duration',
            header: t('word.duration'),
            align: 'right',
            cell: ({ startedAt, finishedAt }) => <DurationText from={startedAt} until={finishedAt} />,
          },
        ]}
      />
    </Panel>
  );

  function buttons() {
    return (
      <Group gap="xs" wrap="nowrap">
        <Button
          variant="default"
          loading={collect.isPending}
          onClick={() => collect.mutate({ body: { dryRun: true } })}
        >
          {t('gc.dryRun')}
        </Button>
        <Button loading={collect.isPending} onClick={() => collect.mutate({ body: { dryRun: false } })}>
          {t('gc.collect')}
        </Button>
      </Group>
    );
  }

  function stateBadge({ state, dryRun }: Collection) {
    if (state === 'running') return <TonedBadge tone="busy">{t('gc.state.running')}</TonedBadge>;
    if (state === 'failed') return <TonedBadge tone="bad">{t('gc.state.failed')}</TonedBadge>;
    return <TonedBadge tone="idle">{t(dryRun ? 'gc.state.dryRun' : 'gc.state.succeeded')}</TonedBadge>;
  }
}
