import type { Answer } from '../../../api/answers.ts';
import { usePages } from '../../../api/use-answer.ts';
import { PagedTable } from '../../../components/paged-table.tsx';
import { Panel } from '../../../components/panel.tsx';
import { TextLink } from '../../../components/text-link.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { loggedModelColumns } from './logged-model-columns.tsx';

/** The models that a run made; nothing where it made none. */
export function RunModels({ run }: { readonly run: Answer<'tracking', 'getRun'> }) {
  const { t, format } = useMessages();
  const { id, experiment, status } = run;
  const pages = usePages(
    'tracking',
    'searchLoggedModels',
    { query: { experiment, run: id } },
    { every: () => (status === 'running' ? 5000 : false) },
  );
  if (!pages.items?.length) return null;
  return (
    <Panel
      title={t('loggedModels.title')}
      actions={
        <TextLink to={`/logged-models?${new URLSearchParams({ experiment })}`}>
          {t('loggedModels.ofExperiment')}
        </TextLink>
      }
      flush
    >
      <PagedTable
        label={t('loggedModels.title')}
        pages={pages}
        rowKey={(model) => model.id}
        columns={loggedModelColumns(t, format).filter(({ key }) => key !== 'run')}
      />
    </Panel>
  );
}
