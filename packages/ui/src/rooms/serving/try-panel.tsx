import type { QuestionColumn } from '@esteira/contracts';
import { Alert, Button, Group, SimpleGrid } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useAction, useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { armNameText } from './arm-name.tsx';
import { QuestionField } from './question-field.tsx';
import { exampleTexts, missingColumns, namedColumns, questionRow } from './question-row.ts';

/** Asks the endpoint about one row, with a field for each column of its signature. */
export function TryPanel({ endpoint }: { readonly endpoint: string }) {
  const { t } = useMessages();
  const form = useAnswer('serving', 'questionForm', { params: { name: endpoint } });
  return (
    <Panel title={t('endpoint.try')} hint={t('endpoint.tryHint')}>
      <Answered query={form} lines={3}>
        {({ modelVersionId, columns }) => {
          if (modelVersionId === null) return <QuietText>{t('endpoint.tryNothing')}</QuietText>;
          if (columns.length === 0) return <QuietText>{t('endpoint.tryTensors')}</QuietText>;
          return <QuestionForm key={modelVersionId} endpoint={endpoint} columns={columns} />;
        }}
      </Answered>
    </Panel>
  );
}

function QuestionForm({
  endpoint,
  columns,
}: {
  readonly endpoint: string;
  readonly columns: readonly QuestionColumn[];
}) {
  const { t } = useMessages();
  const [texts, setTexts] = useState(() => exampleTexts(columns));
  const [empty, setEmpty] = useState<readonly string[]>([]);
  const question = useAction('serving', 'ask');
  const refusal = question.data?.error?.message;
  const refused = refusal === undefined ? [] : namedColumns(columns, refusal);

  function problemOf(name: string): string | undefined {
    if (empty.includes(name)) return t('endpoint.needsValue');
    return refused.includes(name) ? refusal : undefined;
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    const missing = missingColumns(columns, texts);
    setEmpty(missing);
    if (missing.length > 0) return;
    question.mutate({ params: { name: endpoint }, body: { rows: [questionRow(columns, texts)] } });
  }

  return (
    <form onSubmit={submit} aria-label={t('endpoint.try')}>
      <SimpleGrid cols={{ base: 2, sm: 4, lg: 6 }} spacing="xs">
        {columns.map((column) => (
          <QuestionField
            key={column.name}
            column={column}
            value={texts[column.name] ?? ''}
            problem={problemOf(column.name)}
            onChange={(value) => setTexts((before) => ({ ...before, [column.name]: value }))}
          />
        ))}
      </SimpleGrid>
      <Group my="sm">
        <Button type="submit" loading={question.isPending}>
          {t('endpoint.ask')}
        </Button>
      </Group>
      {question.error ? <ErrorNotice error={question.error} /> : null}
      {question.data ? <AnswerView answer={question.data} /> : null}
    </form>
  );
}

function AnswerView({ answer }: { readonly answer: Answer<'serving', 'ask'> }) {
  const { t, format } = useMessages();
  const { error, predictions, predictionIds, version, arm, fallbackReason, ms } = answer;
  if (error !== null) {
    return (
      <Alert color="red" variant="light" role="alert" title={`${answer.status} ${error.code}`}>
        {error.message}
      </Alert>
    );
  }
  return (
    <section aria-label={t('endpoint.answer')}>
      <JsonView value={predictions[0] ?? null} />
      <Facts>
        <Fact name={t('endpoint.predictionId')}>
          <span className="mono">{predictionIds[0]}</span>
        </Fact>
        <Fact name={t('word.version')}>{version ?? t('endpoint.rule')}</Fact>
        <Fact name={t('endpoint.arm')}>{arm === null ? null : armNameText(arm, t)}</Fact>
        <Fact name={t('endpoint.arm.fallback')}>{fallbackReason}</Fact>
        <Fact name={t('endpoint.latencyColumn')}>{format.duration(ms)}</Fact>
      </Facts>
    </section>
  );
}
