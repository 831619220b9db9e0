import { Progress, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { describeJson } from '../../components/describe-json.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { GateList } from '../../components/gate-list.tsx';
import { JsonLine, JsonView } from '../../components/json-view.tsx';
import { nodeTitle } from '../../components/node-kind.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { DurationText, TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { ChangeActions } from './change-actions.tsx';
import { textAt, useChangeTitle } from './change-title.ts';
import { ConsentPanel } from './consent-panel.tsx';
import { RolloutPanel } from './rollout-panel.tsx';

type Change = Answer<'governance', 'change'>;

const moving: readonly Change['state'][] = ['planned', 'applying', 'verifying', 'rolling-back'];

/** One change from plan to verification, live while it is applied. */
export function ChangePage() {
  const { id = '' } = useParams();
  const change = useAnswer(
    'governance',
    'change',
    { params: { id } },
    { every: (data) => (data && moving.includes(data.state) ? 1500 : 10_000) },
  );
  return <AnsweredPage query={change}>{(answer) => <ChangeView change={answer} />}</AnsweredPage>;
}

function ChangeView({ change }: { readonly change: Change }) {
  const { t } = useMessages();
  const title = useChangeTitle(change);
  const endpoint = textAt(change.subject, 'endpoint');
  const { plan } = change;
  return (
    <>
      <PageHeader
        title={title}
        path={[[t('changes.title'), '/changes']]}
        status={<StatusBadge status={change.state} />}
        actions={<ChangeActions change={change} />}
      >
        <span className="mono">{change.id}</span> · <Person id={change.requestedBy} /> ·{' '}
        <TimeText at={change.requestedAt} />
        {change.reason ? <div>{change.reason}</div> : null}
      </PageHeader>
      {change.state === 'applying' ? (
        <Panel>
          <Progress value={change.progress.share * 100} aria-label={t('status.applying')} />
          <Text size="xs" c="dimmed" mt={4}>
            {change.progress.message}
          </Text>
        </Panel>
      ) : null}
      <Columns least={420}>
        <PlanPanel change={change} endpoint={endpoint} />
        <ConsentPanel change={change} />
      </Columns>
      <Panel title={t('change.steps')} flush>
        <Steps change={change} />
      </Panel>
      {change.kind === 'serving.promote' && change.jobId ? <RolloutPanel changeId={change.id} /> : null}
      {change.verification.length > 0 ? <Verification change={change} /> : null}
      {plan.gates ? (
        <Panel title={t('gates.title')} flush>
          <GateList report={plan.gates} />
        </Panel>
      ) : null}
      <Columns least={420}>
        <History change={change} />
        <Panel title={t('change.current')}>
          <JsonView value={plan.current} />
        </Panel>
      </Columns>
    </>
  );
}

function PlanPanel({ change, endpoint }: { readonly change: Change; readonly endpoint: string | undefined }) {
  const { t, format } = useMessages();
  const { cost, blastRadius } = change.plan;
  return (
    <Panel title={t('change.plan')}>
      <Facts>
        <Fact name={t('change.blastRadius')}>{blastRadius}</Fact>
        <Fact name={nodeTitle('endpoint', t)}>
          {endpoint ? <TextLink to={`/endpoints/${endpoint}`}>{endpoint}</TextLink> : null}
        </Fact>
        <Fact name={t('change.cost')}>
          {format.money(cost.amount, cost.currency)} ({format.duration(cost.cpuSeconds * 1000)},{' '}
          {format.bytes(cost.storageBytes)})
        </Fact>
        <Fact name={t('change.expires')}>
          <TimeText at={change.expiresAt} />
        </Fact>
      </Facts>
    </Panel>
  );
}

function Steps({ change }: { readonly change: Change }) {
  const { t } = useMessages();
  const numbered = change.steps.map((step, place) => ({ ...step, number: place + 1 }));
  return (
    <DataTable
      label={t('change.steps')}
      rows={numbered}
      rowKey={(step) => step.name}
      columns={[
        {
          key: 'title',
          header: t('change.step'),
          grow: true,
          cell: (step) => (
            <>
              <span className="faint number">{step.number}.</span> {step.title}
            </>
          ),
        },
        { key: 'state', header: t('word.status'), cell: (step) => <StatusBadge status={step.state} /> },
        {
          key: 'duration',
          header: t('word.duration'),
          align: 'right',
          cell: (step) => <DurationText from={step.startedAt} until={step.finishedAt} />,
        },
        {
          key: 'result',
          header: t('change.result'),
          grow: true,
          cell: (step) =>
            step.error ? <Text size="sm">{step.error}</Text> : <JsonLine value={step.result} />,
        },
      ]}
    />
  );
}

function Verification({ change }: { readonly change: Change }) {
  const { t } = useMessages();
  return (
    <Panel title={t('change.verification')} hint={t('change.verificationHint')} flush>
      <DataTable
        label={t('change.verification')}
        rows={change.verification}
        rowKey={(check) => check.name}
        columns={[
          { key: 'name', header: t('change.check'), grow: true, cell: (check) => check.name },
          { key: 'expected', header: t('change.expected'), cell: (check) => describeJson(check.expected) },
          { key: 'measured', header: t('change.measured'), cell: (check) => describeJson(check.measured) },
          {
            key: 'ok',
            header: t('word.status'),
            cell: (check) => <StatusBadge status={check.ok ? 'pass' : 'fail'} />,
          },
        ]}
      />
    </Panel>
  );
}

function History({ change }: { readonly change: Change }) {
  const { t } = useMessages();
  return (
    <Panel title={t('change.history')} flush>
      <DataTable
        label={t('change.history')}
        rows={change.history}
        rowKey={(entry) => `${entry.at} ${entry.to}`}
        columns={[
          { key: 'to', header: t('word.status'), cell: (entry) => <StatusBadge status={entry.to} /> },
          { key: 'actor', header: t('word.who'), cell: (entry) => <Person id={entry.actor} /> },
          { key: 'at', header: t('word.when'), grow: true, cell: (entry) => <TimeText at={entry.at} /> },
        ]}
      />
    </Panel>
  );
}
