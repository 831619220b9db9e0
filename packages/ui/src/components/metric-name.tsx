import { type MessageKey, type Say, useMessages } from '../messages/use-messages.tsx';

const named = [
  'pr_auc',
  'roc_auc',
  'f1',
  'accuracy',
  'log_loss',
  'brier',
  'rmse',
  'mae',
  'r2',
  'precision',
  'recall',
  'ece',
  'rows',
  'base_rate',
  'threshold',
] as const satisfies readonly (MessageKey extends infer Key
  ? Key extends `metric.${infer Name}`
    ? Name
    : never
  : never)[];

/** The name of a metric in words where it has one, as it is written otherwise. */
export function metricName(name: string, t: Say): string {
  const known = named.find((candidate) => candidate === name);
  return known ? t(`metric.${known}`) : name;
}

/** The same as an element. */
export function MetricName({ name }: { readonly name: string }) {
  const { t } = useMessages();
  return <span title={name}>{metricName(name, t)}</span>;
}
