import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Scorer = Answer<'evaluation', 'getScorer'>;

/** One scorer: how it judges now, and its versions. */
export function ScorerPage() {
  const { id = '' } = useParams();
  const scorer = useAnswer('evaluation', 'getScorer', { params: { id } });
  return <AnsweredPage query={scorer}>{(answer) => <ScorerView scorer={answer} />}</AnsweredPage>;
}

function ScorerView({ scorer }: { readonly scorer: Scorer }) {
  const { t } = useMessages();
  const query = { limit: 50 };
  const versions = usePages('evaluation', 'listScorerVersions', { params: { id: scorer.id }, query });
  return (
    <>
      <PageHeader title={scorer.name} path={[[t('judging.title'), '/judging']]}>
        {scorer.experiment.name} · {t('judging.version')} {scorer.version}
      </PageHeader>
      <Panel title={t('judging.definition')} hint={t('judging.scorersHint')}>
        <JsonView value={scorer.definition} />
      </Panel>
      <Panel title={t('judging.versions')} flush>
        <PagedTable
          label={t('judging.versions')}
          pages={versions}
          rowKey={({ version }) => String(version)}
          columns={[
            { key: 'version', header: t('judging.version'), cell: ({ version }) => version },
            {
              key: 'created',
              header: t('word.created'),
              cell: ({ createdAt }) => <TimeText at={createdAt} />,
            },
            {
              key: 'by',
              header: t('word.createdBy'),
              grow: true,
              cell: ({ createdBy }) => <Person id={createdBy} />,
            },
          ]}
        />
      </Panel>
    </>
  );
}
