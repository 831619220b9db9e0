import { Badge } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { PromptText } from './prompt-text.tsx';
import { readPrompt } from './read-prompt.ts';

type Version = Answer<'registry', 'version'>;

/** One version of a prompt: its text, what fills it, and what it is asked with. */
export function PromptVersionPage() {
  const { name = '', version = '' } = useParams();
  const found = useAnswer('registry', 'version', { params: { name, version } });
  return <AnsweredPage query={found}>{(answer) => <VersionView version={answer} />}</AnsweredPage>;
}

function VersionView({ version }: { readonly version: Version }) {
  const { t } = useMessages();
  const prompt = readPrompt(version.tags);
  const { model, response } = prompt.settings;
  return (
    <>
      <PageHeader
        title={t('modelVersion.title', { model: version.model, version: version.version })}
        path={[
          [t('prompts.title'), '/prompts'],
          [version.model, `/prompts/${encodeURIComponent(version.model)}`],
        ]}
        status={version.aliases.map((alias) => (
          <Badge key={alias} variant="light" tt="none">
            {alias}
          </Badge>
        ))}
      >
        <TimeText at={version.createdAt} /> · <Person id={version.createdBy} />
        {version.description ? <div>{version.description}</div> : null}
      </PageHeader>
      <Panel title={t('prompts.text')}>
        <PromptText prompt={prompt} />
      </Panel>
      <Panel title={t('word.details')}>
        <Facts>
          <Fact name={t('prompts.variables')}>
            {prompt.variables.length === 0 ? (
              '–'
            ) : (
              <span className="mono">{prompt.variables.join(', ')}</span>
            )}
          </Fact>
          <Fact name={t('prompts.modelConfig')}>
            {model === undefined ? null : <JsonView value={model} />}
          </Fact>
          <Fact name={t('prompts.responseFormat')}>
            {response === undefined ? null : <JsonView value={response} />}
          </Fact>
          {Object.entries(prompt.tags).map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
          <Fact name={t('prompts.load')}>
            <span className="mono">{`mlflow.genai.load_prompt("prompts:/${version.model}/${version.version}")`}</span>
          </Fact>
        </Facts>
      </Panel>
    </>
  );
}
