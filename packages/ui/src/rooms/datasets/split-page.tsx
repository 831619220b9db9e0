import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { describeJson } from '../../components/describe-json.ts';
import { DigestText } from '../../components/digest-text.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { shortId } from '../../components/short-id.ts';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Split = Answer<'datasets', 'getSplit'>;

/** A split: its parts in time, the recipe that makes them again, and what the leakage check found. */
export function SplitPage() {
  const { id = '' } = useParams();
  const split = useAnswer('datasets', 'getSplit', { params: { id } });
  return <AnsweredPage query={split}>{(answer) => <SplitView split={answer} />}</AnsweredPage>;
}

function SplitView({ split }: { readonly split: Split }) {
  const { t, format } = useMessages();
  const { train, validation, test } = split.parts;
  const parts = [
    { name: 'train' as const, ...train },
    ...(validation ? [{ name: 'validation' as const, ...validation }] : []),
    { name: 'test' as const, ...test },
  ];
  return (
    <>
      <PageHeader
        title={t('split.title', { id: shortId(split.id) })}
        path={[[t('datasets.title'), '/datasets']]}
        actions={
          <TextLink to={`/dataset-versions/${split.datasetVersionId}`}>{split.datasetVersionId}</TextLink>
        }
      >
        <DigestText digest={split.digest} />
      </PageHeader>
      <Panel title={t('split.parts')} flush>
        <DataTable
          label={t('split.parts')}
          rows={parts}
          rowKey={(part) => part.name}
          columns={[
            { key: 'part', header: t('split.part'), cell: (part) => t(`split.part.${part.name}`) },
            {
              key: 'rows',
              header: t('word.rows'),
              align: 'right',
              cell: (part) => format.integer(part.rows),
            },
            { key: 'first', header: t('split.first'), cell: (part) => format.dateTime(part.firstTime) },
            { key: 'last', header: t('split.last'), cell: (part) => format.dateTime(part.lastTime) },
            {
              key: 'digest',
              header: t('word.digest'),
              grow: true,
              cell: (part) => <DigestText digest={part.digest} />,
            },
          ]}
        />
      </Panel>
      <Columns>
        <Panel title={t('split.leakage')}>
          <Facts>
            <Fact name={t('split.sharedRows')}>
              <TonedBadge tone={split.leakage.sharedRows === 0 ? 'good' : 'bad'}>
                {format.integer(split.leakage.sharedRows)}
              </TonedBadge>
            </Fact>
            <Fact name={t('split.timeOverlap')}>
              <TonedBadge tone={split.leakage.timeOverlap ? 'bad' : 'good'}>
                {t(split.leakage.timeOverlap ? 'word.yes' : 'word.no')}
              </TonedBadge>
            </Fact>
            <Fact name={t('split.groupOverlap')}>
              {split.leakage.groupOverlap === null ? null : format.integer(split.leakage.groupOverlap)}
            </Fact>
            <Fact name={t('split.withoutTime')}>{format.integer(split.rowsWithoutTime)}</Fact>
          </Facts>
        </Panel>
        <Panel title={t('split.recipe')}>
          <Facts>
            {Object.entries(split.recipe).map(([name, value]) => (
              <Fact key={name} name={name}>
                <span className="mono">{describeJson(value ?? null)}</span>
              </Fact>
            ))}
          </Facts>
        </Panel>
      </Columns>
    </>
  );
}
