import { Badge } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import type { Column } from '../../components/data-table.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Model = Answer<'registry', 'model'>;
type Version = Answer<'registry', 'version'>;

/** One registered model with its versions. */
export function ModelPage() {
  const { name = '' } = useParams();
  const model = useAnswer('registry', 'model', { params: { name } });
  return <AnsweredPage query={model}>{(answer) => <ModelView model={answer} />}</AnsweredPage>;
}

function ModelView({ model }: { readonly model: Model }) {
  const { t, format } = useMessages();
  const pages = usePages('registry', 'versions', { params: { name: model.name }, query: {} });
  const metrics = shownMetrics(pages.items ?? []);
  const columns: readonly Column<Version>[] = [
    {
      key: 'version',
      header: t('word.version'),
      cell: (version) => (
        <>
          <TextLink to={`/model-versions/${version.id}`}>{version.version}</TextLink>{' '}
          {version.aliases.map((alias) => (
            <Badge key={alias} size="xs" variant="light" tt="none">
              {alias}
            </Badge>
          ))}
        </>
      ),
    },
    ...metrics.map(
      (name): Column<Version> => ({
        key: name,
        header: metricName(name, t),
        align: 'right',
        cell: (version) => {
          const value = version.metrics[name];
          return value === undefined ? '–' : format.metric(value);
        },
      }),
    ),
    { key: 'size', header: t('word.size'), align: 'right', cell: (version) => format.bytes(version.bytes) },
    {
      key: 'digest',
      header: t('word.digest'),
      cell: (version) => (version.digest === null ? '–' : <DigestText digest={version.digest} />),
    },
    { key: 'by', header: t('word.createdBy'), cell: (version) => <Person id={version.createdBy} /> },
    { key: 'created', header: t('word.created'), cell: (version) => <TimeText at={version.createdAt} /> },
  ];
  return (
    <>
      <PageHeader title={model.name} path={[[t('models.title'), '/models']]}>
        {t('word.project')} <TextLink to={`/projects/${model.project}`}>{model.project}</TextLink>
        {model.description ? <div>{model.description}</div> : null}
      </PageHeader>
      <Panel title={t('model.versions')} flush>
        <PagedTable
          label={t('model.versions')}
          pages={pages}
          empty={<QuietText>{t('model.versionsEmpty')}</QuietText>}
          columns={columns}
          rowKey={(version) => version.id}
        />
      </Panel>
    </>
  );
}

const preferred = ['pr_auc', 'roc_auc', 'log_loss', 'brier', 'f1', 'accuracy', 'rmse', 'mae', 'r2'];

function shownMetrics(versions: readonly Version[]): readonly string[] {
  return preferred.filter((name) => versions.some((version) => name in version.metrics)).slice(0, 5);
}
