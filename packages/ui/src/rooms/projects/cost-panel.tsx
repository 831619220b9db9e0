import { Text } from '@mantine/core';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** What the project has cost so far, by kind of work. */
export function CostPanel({ project }: { readonly project: string }) {
  const { t, format } = useMessages();
  const costs = useAnswer('governance', 'costs', { query: { project } });
  return (
    <Panel title={t('project.costs')}>
      <Answered query={costs} lines={3}>
        {({ total, byKind, currency }) =>
          byKind.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('project.costsNone')}
            </Text>
          ) : (
            <Facts>
              {byKind.map((part) => (
                <Fact key={part.kind} name={t(`cost.${part.kind}`)}>
                  {format.money(part.amount, currency)}
                </Fact>
              ))}
              <Fact name={t('project.cpuHours')}>{format.number(total.cpuSeconds / 3600)}</Fact>
              <Fact name={t('word.cost')}>
                <b>{format.money(total.amount, currency)}</b>
              </Fact>
            </Facts>
          )
        }
      </Answered>
    </Panel>
  );
}
