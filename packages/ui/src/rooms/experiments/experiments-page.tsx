import { Button, Group, Modal, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { usePages } from '../../api/use-answer.ts';
import { useProjectFilter } from '../../api/use-project-filter.ts';
import { Clamped } from '../../components/clamped.tsx';
import type { Column } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAddress } from '../../components/use-address.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { ExperimentActions } from './experiment-actions.tsx';
import { NewExperimentForm } from './experiment-forms.tsx';

type Experiment = ListItem<'tracking', 'listExperiments'>;

/** Experiments with what they hold; the deleted ones too, until they are restored or purged. */
export function ExperimentsPage() {
  const { t } = useMessages();
  const mayWrite = useMay('tracking:write');
  const mayPurge = useMay('tracking:purge');
  const mayReadTraces = useMay('traces:read');
  const project = useProjectFilter();
  const address = useAddress();
  const [making, setMaking] = useState(false);
  const isDeleted = address.word('show') === 'deleted';
  const pages = usePages('tracking', 'listExperiments', {
    query: {
      limit: 50,
      deleted: isDeleted ? 'only' : 'exclude',
      ...(project === undefined ? {} : { project }),
    },
  });
  const columns: readonly Column<Experiment>[] = [
    {
      key: 'name',
      header: t('word.name'),
      grow: true,
      cell: ({ name }) =>
        isDeleted ? (
          name
        ) : (
          <TextLink to={`/runs?${new URLSearchParams({ experiment: name })}`}>{name}</TextLink>
        ),
    },
    { key: 'number', header: t('experiments.number'), align: 'right', cell: ({ number }) => number },
    { key: 'project', header: t('word.project'), cell: (experiment) => experiment.project ?? '–' },
    {
      key: 'note',
      header: t('experiments.note'),
      grow: true,
      cell: ({ note }) => (note === '' ? '–' : <Clamped>{note}</Clamped>),
    },
    ...(isDeleted || !mayReadTraces
      ? []
      : [
          {
            key: 'holds',
            header: t('experiments.holds'),
            cell: (experiment: Experiment) => <Holdings experiment={experiment} />,
          },
        ]),
    {
      key: 'at',
      header: isDeleted ? t('experiments.deletedAt') : t('word.created'),
      cell: ({ createdAt, deletedAt }) => <TimeText at={deletedAt ?? createdAt} />,
    },
    ...(mayWrite || mayPurge
      ? [
          {
            key: 'act',
            header: t('word.actions'),
            cell: (experiment: Experiment) => <ExperimentActions experiment={experiment} />,
          },
        ]
      : []),
  ];
  return (
    <>
      <PageHeader
        title={t('experiments.title')}
        actions={mayWrite ? <Button onClick={() => setMaking(true)}>{t('experiments.new')}</Button> : null}
      >
        {t('experiments.lead')}
      </PageHeader>
      <Group mb="sm">
        <SegmentedControl
          aria-label={t('experiments.which')}
          value={isDeleted ? 'deleted' : ''}
          onChange={(show) => address.set({ show })}
          data={[
            { value: '', label: t('experiments.present') },
            { value: 'deleted', label: t('experiments.deleted') },
          ]}
        />
      </Group>
      <Panel flush>
        <PagedTable
          label={t('experiments.title')}
          pages={pages}
          empty={
            isDeleted ? (
              <EmptyState title={t('experiments.noneDeleted')} hint={t('experiments.noneDeletedHint')} />
            ) : (
              <EmptyState title={t('experiments.empty')} hint={t('experiments.emptyHint')} />
            )
          }
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Panel>
      <Modal
        opened={making}
        onClose={() => setMaking(false)}
        title={t('experiments.new')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        <NewExperimentForm project={project} onDone={() => setMaking(false)} />
      </Modal>
    </>
  );
}

/** Where traces and issues of an experiment are looked at; its name leads to its runs. */
function Holdings({ experiment: { id } }: { readonly experiment: Experiment }) {
  const { t } = useMessages();
  const byId = new URLSearchParams({ experiment: id });
  return (
    <Group gap="xs" wrap="nowrap">
      <TextLink to={`/traces?${byId}`}>{t('experiments.traces')}</TextLink>
      <TextLink to={`/issues?${byId}`}>{t('experiments.issues')}</TextLink>
    </Group>
  );
}
