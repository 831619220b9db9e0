import { Text } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import { usePages } from '../../api/use-answer.ts';
import type { Column } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { MetricName } from '../../components/metric-name.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { LifecycleDots } from './lifecycle-strip.tsx';
import { riskTone } from './risk-tone.ts';

type Project = ListItem<'projects', 'projects'>;

/** The entrance: every project with how far its model has come. */
export function ProjectsPage() {
  const { t } = useMessages();
  const pages = usePages('projects', 'projects', { query: {} });
  const columns: readonly Column<Project>[] = [
    {
      key: 'title',
      header: t('word.project'),
      grow: true,
      cell: (project) => (
        <>
          <Text size="sm" fw={600} component="div">
            <TextLink to={`/projects/${project.name}`}>{project.title}</TextLink>
          </Text>
          <Text size="xs" c="dimmed" lineClamp={2} maw={640}>
            {project.problem}
          </Text>
        </>
      ),
    },
    {
      key: 'lifecycle',
      header: t('project.lifecycle'),
      cell: (project) => <LifecycleDots lifecycle={project.lifecycle} />,
    },
    {
      key: 'metric',
      header: t('project.success'),
      cell: (project) => <MetricName name={project.successMetric.name} />,
    },
    {
      key: 'risk',
      header: t('project.risk'),
      cell: (project) => (
        <TonedBadge tone={riskTone(project.riskClass)}>{t(`risk.${project.riskClass}`)}</TonedBadge>
      ),
    },
    { key: 'updated', header: t('word.updated'), cell: (project) => <TimeText at={project.updatedAt} /> },
  ];
  return (
    <>
      <PageHeader title={t('projects.title')}>{t('projects.lead')}</PageHeader>
      <Panel flush>
        <PagedTable
          label={t('projects.title')}
          pages={pages}
          empty={
            <EmptyState
              title={t('projects.empty')}
              hint={t('projects.emptyHint')}
              command={commandLines.createProject}
            />
          }
          columns={columns}
          rowKey={(project) => project.name}
        />
      </Panel>
    </>
  );
}
