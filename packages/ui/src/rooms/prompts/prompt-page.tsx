import { Badge } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Clamped } from '../../components/clamped.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { PromptText } from './prompt-text.tsx';
import { readPrompt } from './read-prompt.ts';

type Prompt = Answer<'registry', 'model'>;

/** One prompt: its newest text, and all of its versions. */
export function PromptPage() {
  const { name = '' } = useParams();
  const prompt = useAnswer('registry', 'model', { params: { name } });
  return <AnsweredPage query={prompt}>{(answer) => <PromptView prompt={answer} />}</AnsweredPage>;
}

function PromptView({ prompt }: { readonly prompt: Prompt }) {
  const { t } = useMessages();
  const pages = usePages('registry', 'versions', { params: { name: prompt.name }, query: {} });
  const [newest] = pages.items ?? [];
  return (
    <>
      <PageHeader title={prompt.name} path={[[t('prompts.title'), '/prompts']]}>
        {prompt.description}
      </PageHeader>
      {newest === undefined ? null : (
        <Panel title={t('prompts.newest', { version: newest.version })}>
          <PromptText prompt={readPrompt(newest.tags)} />
        </Panel>
      )}
      <Panel title={t('model.versions')} flush>
        <PagedTable
          label={t('model.versions')}
          pages={pages}
          empty={<QuietText>{t('prompts.noVersions')}</QuietText>}
          rowKey={({ id }) => id}
          columns={[
            {
              key: 'version',
              header: t('word.version'),
              cell: ({ version, aliases }) => (
                <>
                  <TextLink to={`/prompts/${encodeURIComponent(prompt.name)}/versions/${version}`}>
                    {String(version)}
                  </TextLink>{' '}
                  {aliases.map((alias) => (
                    <Badge key={alias} size="xs" variant="light" tt="none">
                      {alias}
                    </Badge>
                  ))}
                </>
              ),
            },
            {
              key: 'text',
              header: t('prompts.text'),
              grow: true,
              cell: ({ tags }) => <Clamped>{readPrompt(tags).text}</Clamped>,
            },
            {
              key: 'message',
              header: t('prompts.message'),
              cell: ({ description }) => description || '–',
            },
            {
              key: 'by',
              header: t('word.createdBy'),
              cell: ({ createdBy }) => <Person id={createdBy} />,
            },
            {
              key: 'created',
              header: t('word.created'),
              cell: ({ createdAt }) => <TimeText at={createdAt} />,
            },
          ]}
        />
      </Panel>
    </>
  );
}
