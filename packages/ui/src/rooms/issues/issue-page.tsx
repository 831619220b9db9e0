import { Button, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction, useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { Markdown } from '../../components/markdown/markdown.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { IssueSeverityBadge, IssueStatusBadge, issueStatuses } from './issue-badges.tsx';
import { DeleteIssueForm, EditIssueForm, SeveritySelect } from './issue-forms.tsx';
import { IssueTraces } from './issue-traces.tsx';

type Issue = Answer<'llm', 'getIssue'>;

/** One issue: what happens, what became of it, and the traces that show it. */
export function IssuePage() {
  const { id = '' } = useParams();
  const issue = useAnswer('llm', 'getIssue', { params: { id } });
  return <AnsweredPage query={issue}>{(answer) => <IssueView issue={answer} />}</AnsweredPage>;
}

function IssueView({ issue }: { readonly issue: Issue }) {
  const { t } = useMessages();
  const mayWrite = useMay('traces:write');
  return (
    <>
      <PageHeader
        title={issue.name}
        path={[[t('issues.title'), '/issues']]}
        status={
          <>
            <IssueStatusBadge status={issue.status} />
            <IssueSeverityBadge severity={issue.severity} />
          </>
        }
        actions={mayWrite ? <IssueActions issue={issue} /> : null}
      >
        <span className="mono">{issue.id}</span> · <TimeText at={issue.createdAt} />
      </PageHeader>
      <Columns least={340}>
        <Panel title={t('word.description')}>
          {issue.description === '' ? (
            <Text size="sm" c="dimmed">
              {t('issues.noDescription')}
            </Text>
          ) : (
            <Markdown text={issue.description} />
          )}
        </Panel>
        <FactsPanel issue={issue} mayWrite={mayWrite} />
      </Columns>
      <IssueTraces issue={issue} mayWrite={mayWrite} />
    </>
  );
}

function FactsPanel({ issue, mayWrite }: { readonly issue: Issue; readonly mayWrite: boolean }) {
  const { t } = useMessages();
  const mayReadRuns = useMay('tracking:read');
  const { experimentId, sourceRunId, rootCauses, categories, foundBy } = issue;
  const experiment = useAnswer(
    'tracking',
    'getExperiment',
    { params: { id: experimentId } },
    { enabled: mayReadRuns },
  );
  return (
    <Panel title={t('word.details')}>
      {mayWrite ? <Judgement issue={issue} /> : null}
      <Facts>
        <Fact name={t('issues.experiment')}>
          <TextLink to={`/issues?${new URLSearchParams({ experiment: experimentId })}`}>
            {experiment.data?.name ?? experimentId}
          </TextLink>
        </Fact>
        <Fact name={t('issues.rootCauses')}>
          {rootCauses.length === 0 ? null : (
            <Stack gap={2}>
              {rootCauses.map((cause) => (
                <span key={cause}>{cause}</span>
              ))}
            </Stack>
          )}
        </Fact>
        <Fact name={t('issues.categories')}>{categories.join(', ')}</Fact>
        <Fact name={t('issues.foundBy')}>{foundBy === undefined ? null : <Person id={foundBy} />}</Fact>
        <Fact name={t('issues.foundIn')}>
          {sourceRunId === undefined ? null : <TextLink to={`/runs/${sourceRunId}`}>{sourceRunId}</TextLink>}
        </Fact>
        <Fact name={t('word.updated')}>
          <TimeText at={issue.updatedAt} />
        </Fact>
      </Facts>
    </Panel>
  );
}

/** What became of the issue and how bad it is, changed at once. */
function Judgement({ issue }: { readonly issue: Issue }) {
  const { t } = useMessages();
  const change = useAction('llm', 'changeIssue');
  const params = { id: issue.id };
  return (
    <>
      <Group gap="sm" mb="sm">
        <NativeSelect
          label={t('word.status')}
          value={issue.status}
          disabled={change.isPending}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            const status = issueStatuses.find((one) => one === chosen);
            if (status !== undefined) change.mutate({ params, body: { status } });
          }}
          data={issueStatuses.map((status) => ({ value: status, label: t(`issueStatus.${status}`) }))}
        />
        <SeveritySelect
          value={issue.severity}
          disabled={change.isPending}
          onChange={(severity) => change.mutate({ params, body: { severity: severity ?? null } })}
        />
      </Group>
      {change.error ? <ErrorNotice error={change.error} /> : null}
    </>
  );
}

function IssueActions({ issue }: { readonly issue: Issue }) {
  const { t } = useMessages();
  const [asked, setAsked] = useState<'edit' | 'delete'>();
  const close = () => setAsked(undefined);
  const closeButtonProps = { 'aria-label': t('action.close') };
  return (
    <>
      <Button variant="default" onClick={() => setAsked('edit')}>
        {t('issues.edit')}
      </Button>
      <Button variant="default" c="var(--bad)" onClick={() => setAsked('delete')}>
        {t('issues.delete')}
      </Button>
      <Modal
        opened={asked === 'edit'}
        onClose={close}
        title={t('issues.editTitle')}
        closeButtonProps={closeButtonProps}
      >
        <EditIssueForm issue={issue} onDone={close} />
      </Modal>
      <Modal
        opened={asked === 'delete'}
        onClose={close}
        title={t('issues.deleteTitle')}
        closeButtonProps={closeButtonProps}
      >
        <DeleteIssueForm issue={issue} />
      </Modal>
    </>
  );
}
