import { useParams } from 'react-router';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';

/** One dataset: its versions, how validation went, its landing zone. */
export function DatasetPage() {
  const { t } = useMessages();
  const { name = '' } = useParams();
  const dataset = useAnswer('datasets', 'get', { params: { name } });
  return (
    <AnsweredPage query={dataset}>
      {(answer) => (
        <>
          <PageHeader
            title={answer.name}
            path={[[t('datasets.title'), '/datasets']]}
            actions={<CommandLine command={commandLines.ingest(answer.name)} />}
          >
            {answer.description}
          </PageHeader>
          <Versions name={name} />
          <Columns least={440}>
            <Validations name={name} />
            <Files name={name} />
          </Columns>
          <Contracts name={name} />
        </>
      )}
    </AnsweredPage>
  );
}

function Versions({ name }: { readonly name: string }) {
  const { t, format } = useMessages();
  const pages = usePages('datasets', 'listVersions', { params: { name }, query: {} });
  return (
    <Panel title={t('dataset.versions')} flush>
      <PagedTable
        label={t('dataset.versions')}
        pages={pages}
        empty={<QuietText>{t('dataset.versionsEmpty')}</QuietText>}
        rowKey={(version) => version.id}
        columns={[
          {
            key: 'number',
            header: t('word.version'),
            cell: (version) => <TextLink to={`/dataset-versions/${version.id}`}>{version.number}</TextLink>,
          },
          {
            key: 'rows',
            header: t('word.rows'),
            align: 'right',
            cell: (version) => format.integer(version.rows),
          },
          {
            key: 'size',
            header: t('word.size'),
            align: 'right',
            cell: (version) => format.bytes(version.size),
          },
          {
            key: 'origin',
            header: t('dataset.origin'),
            cell: (version) => t(`dataset.origin.${version.origin}`),
          },
          {
            key: 'digest',
            header: t('word.digest'),
            cell: (version) => <DigestText digest={version.digest} />,
          },
          {
            key: 'description',
            header: t('word.description'),
            grow: true,
            cell: (version) => version.description,
          },
          {
            key: 'created',
            header: t('word.created'),
            cell: (version) => <TimeText at={version.createdAt} />,
          },
        ]}
      />
    </Panel>
  );
}

function Validations({ name }: { readonly name: string }) {
  const { t, format } = useMessages();
  const pages = usePages('datasets', 'listValidationRuns', { params: { name }, query: { limit: 20 } });
  return (
    <Panel title={t('dataset.validations')} flush>
      <PagedTable
        label={t('dataset.validations')}
        pages={pages}
        empty={<QuietText>{t('dataset.validationsEmpty')}</QuietText>}
        rowKey={(run) => run.id}
        columns={[
          {
            key: 'outcome',
            header: t('word.status'),
            cell: (run) => (
              <TextLink to={`/validation-runs/${run.id}`}>
                <StatusBadge status={run.outcome} />
              </TextLink>
            ),
          },
          {
            key: 'failing',
            header: t('validation.failingRows'),
            align: 'right',
            cell: (run) => format.integer(run.failingRows),
          },
          {
            key: 'rows',
            header: t('word.rows'),
            align: 'right',
            cell: (run) => format.integer(run.rows),
          },
          { key: 'at', header: t('word.when'), cell: (run) => <TimeText at={run.at} /> },
        ]}
      />
    </Panel>
  );
}

function Files({ name }: { readonly name: string }) {
  const { t, format } = useMessages();
  const pages = usePages('datasets', 'listFiles', { params: { name }, query: { limit: 20 } });
  return (
    <Panel title={t('dataset.files')} flush>
      <PagedTable
        label={t('dataset.files')}
        pages={pages}
        empty={<QuietText>{t('dataset.filesEmpty')}</QuietText>}
        rowKey={(file) => file.id}
        columns={[
          {
            key: 'name',
            header: t('dataset.file'),
            grow: true,
            cell: (file) => <span title={file.digest}>{file.fileName}</span>,
          },
          {
            key: 'rows',
            header: t('word.rows'),
            align: 'right',
            cell: (file) => format.integer(file.rows),
          },
          {
            key: 'size',
            header: t('word.size'),
            align: 'right',
            cell: (file) => format.bytes(file.size),
          },
          { key: 'landed', header: t('dataset.landed'), cell: (file) => <TimeText at={file.landedAt} /> },
        ]}
      />
    </Panel>
  );
}

function Contracts({ name }: { readonly name: string }) {
  const { t } = useMessages();
  const pages = usePages('datasets', 'listContracts', { params: { name }, query: { limit: 20 } });
  return (
    <Panel title={t('dataset.contracts')} flush>
      <PagedTable
        label={t('dataset.contracts')}
        pages={pages}
        empty={<QuietText>{t('dataset.contractsEmpty')}</QuietText>}
        rowKey={(contract) => contract.id}
        columns={[
          { key: 'version', header: t('word.version'), cell: (contract) => contract.version },
          {
            key: 'digest',
            header: t('word.digest'),
            grow: true,
            cell: (contract) => <DigestText digest={contract.digest} />,
          },
          {
            key: 'by',
            header: t('word.createdBy'),
            cell: (contract) => <Person id={contract.createdBy} />,
          },
          {
            key: 'created',
            header: t('word.created'),
            cell: (contract) => <TimeText at={contract.createdAt} />,
          },
        ]}
      />
    </Panel>
  );
}
