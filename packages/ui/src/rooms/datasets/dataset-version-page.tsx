import { Anchor, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered, AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { kindText } from '../../components/node-kind.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { RowTable } from '../../components/row-table.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { IdText, TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { ProfileTable } from './profile-table.tsx';

type Version = Answer<'datasets', 'getVersion'>;

/** One version of a dataset: its columns with their distributions, where it came from, its first rows. */
export function DatasetVersionPage() {
  const { id = '' } = useParams();
  const version = useAnswer('datasets', 'getVersion', { params: { id } });
  return <AnsweredPage query={version}>{(answer) => <VersionView version={answer} />}</AnsweredPage>;
}

function VersionView({ version }: { readonly version: Version }) {
  const { t, format } = useMessages();
  const preview = useAnswer('datasets', 'preview', { params: { id: version.id }, query: { rows: 20 } });
  return (
    <>
      <PageHeader
        title={t('datasetVersion.title', { dataset: version.dataset, number: version.number })}
        path={[
          [t('datasets.title'), '/datasets'],
          [version.dataset, `/datasets/${version.dataset}`],
        ]}
        actions={
          <Text size="sm" component="div">
            <TextLink to={`/lineage/dataset-version/${version.id}`}>{t('datasetVersion.lineage')}</TextLink> ·{' '}
            <Anchor inherit href={`/api/v1/dataset-versions/${version.id}/download`} download>
              {t('action.download')}
            </Anchor>
          </Text>
        }
      >
        {version.description}
      </PageHeader>
      <Columns>
        <Panel title={t('word.version')}>
          <Facts>
            <Fact name={t('word.rows')}>{format.integer(version.rows)}</Fact>
            <Fact name={t('word.size')}>{format.bytes(version.size)}</Fact>
            <Fact name={t('dataset.origin')}>{t(`dataset.origin.${version.origin}`)}</Fact>
            <Fact name={t('word.created')}>
              <TimeText at={version.createdAt} />
            </Fact>
            <Fact name={t('word.createdBy')}>
              <Person id={version.createdBy} />
            </Fact>
          </Facts>
        </Panel>
        <Panel title={t('datasetVersion.parents')}>
          <Facts>
            <Fact name={t('word.digest')}>
              <DigestText digest={version.digest} />
            </Fact>
            <Fact name={t('datasetVersion.rowsDigest')}>
              <DigestText digest={version.rowsDigest} />
            </Fact>
            {version.parents.map((parent) => (
              <Fact key={`${parent.kind} ${parent.id}`} name={kindText(parent.kind, t)}>
                {parent.kind === 'dataset-version' ? (
                  <TextLink to={`/dataset-versions/${parent.id}`}>{parent.id}</TextLink>
                ) : (
                  <IdText id={parent.id} />
                )}
              </Fact>
            ))}
          </Facts>
        </Panel>
        {version.validation ? <ValidationSummary validation={version.validation} /> : null}
      </Columns>
      <Panel title={t('datasetVersion.profile')} flush>
        <ProfileTable profile={version.profile} />
      </Panel>
      <Panel title={t('datasetVersion.preview')} flush>
        <Answered query={preview}>
          {(rows) => (
            <RowTable
              label={t('datasetVersion.preview')}
              columns={rows.columns.map((column) => column.name)}
              rows={rows.rows}
            />
          )}
        </Answered>
      </Panel>
      {hasEntries(version.attributes) ? (
        <Panel title={t('datasetVersion.attributes')}>
          <JsonView value={version.attributes} />
        </Panel>
      ) : null}
    </>
  );
}

function ValidationSummary({ validation }: { readonly validation: NonNullable<Version['validation']> }) {
  const { t } = useMessages();
  return (
    <Panel title={t('datasetVersion.validation')}>
      <Facts>
        <Fact name={t('word.status')}>
          <TextLink to={`/validation-runs/${validation.id}`}>
            <StatusBadge status={validation.outcome} />
          </TextLink>
        </Fact>
        <Fact name={t('word.rows')}>
          {t('validation.summary', { rows: validation.rows, failing: validation.failingRows })}
        </Fact>
        <Fact name={t('datasets.contract')}>
          {t('validation.contractVersion', { version: validation.contractVersion })}
        </Fact>
      </Facts>
    </Panel>
  );
}

function hasEntries(value: Version['attributes']): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
