import { useSearchParams } from 'react-router';
import { useAnswer } from '../../../api/use-answer.ts';
import { Answered } from '../../../components/answered.tsx';
import { EmptyState } from '../../../components/empty-state.tsx';
import { PageHeader } from '../../../components/page-header.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { ComparedArtifacts } from './compared-artifacts.tsx';
import { ComparedCharts } from './compared-charts.tsx';
import { ComparedCurves } from './compared-curves.tsx';
import { ComparedValues } from './compared-values.tsx';

/** Runs beside each other: the address names them, so that a comparison can be sent to somebody. */
export function CompareRunsPage() {
  const { t } = useMessages();
  const [search] = useSearchParams();
  const runs = [...new Set(search.getAll('run'))];
  const comparison = useAnswer('tracking', 'compareRuns', { body: { runs } }, { enabled: runs.length > 0 });
  return (
    <>
      <PageHeader title={t('compare.title', { count: runs.length })} path={[[t('runs.title'), '/runs']]} />
      {runs.length === 0 ? (
        <EmptyState title={t('compare.none')} hint={t('compare.noneHint')} />
      ) : (
        <Answered query={comparison}>
          {(answer) => (
            <>
              <ComparedCurves comparison={answer} />
              <ComparedCharts comparison={answer} />
              <ComparedValues comparison={answer} />
              <ComparedArtifacts comparison={answer} />
            </>
          )}
        </Answered>
      )}
    </>
  );
}
