/** What a machine was busy with, in the order in which it is shown. */
const subjects = ['cpu', 'memory', 'gpu', 'disk', 'network', 'other'] as const;
type SystemSubject = (typeof subjects)[number];

type SystemUnit = 'percent' | 'megabytes' | 'watts' | 'none';

/** Metrics of one subject in one unit, which share a chart. */
export interface SystemChart {
  readonly key: string;
  readonly subject: SystemSubject;
  readonly unit: SystemUnit;
  readonly lines: readonly { readonly metric: string; readonly label: string }[];
}

const prefix = 'system/';
const units = { percentage: 'percent', megabytes: 'megabytes', watts: 'watts' } as const;

/** Whether a metric is one of the machine's, as MLflow's clients name them. */
export function isSystemMetric(name: string): boolean {
  return name.startsWith(prefix);
}

/**
 * Metrics of machines by subject and unit: `system/gpu_0_memory_usage_megabytes`, with the name of the machine before the last
 * slash where several took part in a run.
 */
export function systemCharts(names: readonly string[]): readonly SystemChart[] {
  const charts = new Map<string, SystemChart & { lines: { metric: string; label: string }[] }>();
  for (const metric of names.filter(isSystemMetric).sort()) {
    const [own = '', ...machine] = metric.slice(prefix.length).split('/').reverse();
    const subject = subjectOf(own);
    const unit = unitOf(own);
    const key = `${subject}.${unit}`;
    const chart = charts.get(key) ?? { key, subject, unit, lines: [] };
    charts.set(key, chart);
    chart.lines.push({ metric, label: [...machine.reverse(), labelOf(own)].join(' ') });
  }
  const rank = ({ subject, unit }: SystemChart) =>
    subjects.indexOf(subject) * 2 + (unit === 'percent' ? 0 : 1);
  return [...charts.values()].toSorted((a, b) => rank(a) - rank(b));
}

function subjectOf(name: string): SystemSubject {
  if (name.startsWith('gpu')) return 'gpu';
  if (name.startsWith('cpu')) return 'cpu';
  if (name.startsWith('disk')) return 'disk';
  if (name.startsWith('network')) return 'network';
  return name.includes('memory') ? 'memory' : 'other';
}

function unitOf(name: string): SystemUnit {
  const last = name.split('_').at(-1) ?? '';
  return Object.entries(units).find(([word]) => word === last)?.[1] ?? 'none';
}

/** What the unit and the subject leave to be said. */
function labelOf(name: string): string {
  return name
    .replace(/_(percentage|megabytes|watts)$/, '')
    .replace(/^system_/, '')
    .replaceAll('_', ' ');
}
