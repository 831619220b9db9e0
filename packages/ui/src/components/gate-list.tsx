import type { GateReport } from '@esteira/contracts';
import { Group, Text } from '@mantine/core';
import { en } from '../messages/en.ts';
import { type MessageKey, useMessages } from '../messages/use-messages.tsx';
import { DigestText } from './digest-text.tsx';
import './gate-list.css';
import { JsonLine } from './json-view.tsx';
import { StatusBadge, TonedBadge } from './status-badge.tsx';

type Rule = GateReport['rules'][number];
type RuleKey = Extract<MessageKey, `rule.${string}`>;

/** The verdict of every rule: failures first, each with its evidence, the reason and what to do. */
export function GateList({ report }: { readonly report: GateReport }) {
  const { t } = useMessages();
  const failed = report.rules.filter((rule) => rule.verdict === 'fail').length;
  const passed = report.rules.filter((rule) => rule.verdict === 'pass').length;
  const rules = [...report.rules].sort((left, right) => rank(left) - rank(right));
  return (
    <div>
      <Group justify="space-between" px={14} py={10}>
        <TonedBadge tone={report.passed ? 'good' : 'bad'}>
          {report.passed
            ? t('gates.passed', { passed, total: report.rules.length })
            : t('gates.refused', { count: failed })}
        </TonedBadge>
        <Text size="xs" c="dimmed" component="div">
          {t('gates.policy', { policy: report.policy })} <DigestText digest={report.digest} />
        </Text>
      </Group>
      <ul className="gate-list">
        {rules.map((rule) => (
          <GateRule key={rule.id} rule={rule} />
        ))}
      </ul>
    </div>
  );
}

function GateRule({ rule }: { readonly rule: Rule }) {
  const { t, language } = useMessages();
  // The server words rules in English; those of the default pack have translations here.
  const key = `rule.${rule.id}` as RuleKey;
  const title = language !== 'en' && key in en ? t(key) : rule.title;
  return (
    <li data-verdict={rule.verdict}>
      <span className="gate-id mono">{rule.id}</span>
      <div>
        <div className="gate-title">{title}</div>
        <div>{rule.reason}</div>
        {rule.verdict === 'fail' && rule.todo ? (
          <div className="gate-todo">
            <b>{t('word.todo')}:</b> {rule.todo}
          </div>
        ) : null}
        {rule.waiver ? <div>{t('gates.waiver', { waiver: rule.waiver })}</div> : null}
        {isEmpty(rule.evidence) ? null : (
          <details>
            <summary>{t('gates.evidence')}</summary>
            <JsonLine value={rule.evidence} />
          </details>
        )}
      </div>
      <StatusBadge status={rule.verdict} />
    </li>
  );
}

function isEmpty(evidence: Rule['evidence']): boolean {
  return evidence === null || (typeof evidence === 'object' && Object.keys(evidence).length === 0);
}

function rank(rule: Rule): number {
  return ['fail', 'waived', 'pass', 'not-applicable'].indexOf(rule.verdict);
}
