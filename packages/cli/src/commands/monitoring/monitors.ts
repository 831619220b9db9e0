import { api, type MonitorWindow } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readDocument } from '../../files.ts';
import { followJob } from '../../follow/follow-job.ts';
import { addListing } from '../../listing.ts';
import { number, plain, time } from '../../number-text.ts';
import { parseInteger, parseTime } from '../../option-values.ts';
import { facts, table } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';

type Monitor = Awaited<ReturnType<EsteiraClient['monitoring']['monitor']>>;
type NewMonitor = RequestBody<EsteiraClient['monitoring']['putMonitor']>;

interface RangeFlags {
  readonly from?: number;
  readonly to?: number;
}

/** `esteira monitors`: whether live data and answers still look like those the model was judged on. */
export function addMonitorsCommand(program: Command, context: CommandContext): void {
  const monitors = program
    .command('monitors')
    .description('Drift, data quality, performance, latency and errors of endpoints');

  addListing(monitors, context, {
    command: 'list',
    summary: api.monitoring.monitors.summary,
    read: (query: { endpoint?: string }) => context.client().monitoring.monitors({ query }),
    columns: {
      name: (monitor) => monitor.name,
      endpoint: (monitor) => monitor.endpoint,
      window: (monitor) => monitor.window,
      'last window': (monitor) => time(monitor.lastWindow?.start),
      signals: describeSignals,
      problem: (monitor) => monitor.problem ?? '',
    },
  }).option('--endpoint <name>', 'of one endpoint');

  monitors
    .command('put <name> <file>')
    .description(`${api.monitoring.putMonitor.summary} From a YAML file.`)
    .action(async (name: string, file: string) => {
      const body = await readDocument<NewMonitor>(context, file);
      const monitor = await context.client().monitoring.putMonitor({ params: { name }, body });
      context.output().result(monitor, describeMonitor(monitor));
    });

  monitors
    .command('show <name>')
    .description(api.monitoring.monitor.summary)
    .action(async (name: string) => {
      const monitor = await context.client().monitoring.monitor({ params: { name } });
      context.output().result(monitor, describeMonitor(monitor));
    });

  addRange(monitors.command('evaluate <name>').description(api.monitoring.evaluate.summary))
    .option('--no-wait', 'return the job at once')
    .action(async (name: string, { wait, ...body }: RangeFlags & { wait: boolean }) => {
      const { jobId } = await context.client().monitoring.evaluate({ params: { name }, body });
      if (!wait) {
        context.output().result({ jobId }, `job ${jobId}`);
        return;
      }
      const { result } = await followJob(context, jobId);
      context.output().result(result, plain(result));
    });

  addRange(
    addListing(monitors, context, {
      command: 'windows <name>',
      summary: api.monitoring.windows.summary,
      read: (name: string, query: RangeFlags & { limit: number }) =>
        context.client().monitoring.windows({ params: { name }, query }),
      columns: {
        start: (window) => time(window.start),
        rows: (window) => number(window.rows),
        labels: (window) => number(window.labelledRows),
        drifted: (window) =>
          window.drift
            .filter(({ breach }) => breach)
            .map(({ column }) => column)
            .join(', '),
        performance: (window) => number(window.performance?.value),
        'p95 ms': (window) => number(window.latency.p95Ms),
        verdicts: describeVerdicts,
      },
    }),
  ).option('--limit <n>', 'at most this many', parseInteger, 20);

  addRange(monitors.command('charts <name>').description(api.monitoring.charts.summary))
    .option('--limit <n>', 'at most this many windows', parseInteger, 12)
    .action(async (name: string, query: RangeFlags & { limit: number }) => {
      const charts = await context.client().monitoring.charts({ params: { name }, query });
      const windows = charts.windows.map(
        ({ start }, index) =>
          [
            time(start).slice(0, 10),
            (row: (typeof charts.drift)[number]) => describeCell(row.cells[index]),
          ] as const,
      );
      const text = table(charts.drift, { column: (row) => row.column, ...Object.fromEntries(windows) });
      context.output().result(charts, `${text}\n* above its limit`);
    });
}

function addRange(command: Command): Command {
  return command
    .option('--from <time>', 'windows from this event time on', parseTime)
    .option('--to <time>', 'windows before this event time', parseTime);
}

function describeSignals({ signals }: Monitor): string {
  return Object.entries(signals)
    .map(([signal, state]) => `${signal} ${state}`)
    .join(', ');
}

function describeVerdicts({ verdicts }: MonitorWindow): string {
  const breaches = Object.entries(verdicts).filter(([, verdict]) => verdict === 'breach');
  return breaches.map(([signal]) => `${signal} breach`).join(', ') || 'ok';
}

function describeCell(
  cell: { readonly distance: number | null; readonly breach: boolean } | null | undefined,
): string {
  return cell ? `${number(cell.distance)}${cell.breach ? '*' : ''}` : '-';
}

function describeMonitor(monitor: Monitor): string {
  const { reference, performance, profile } = monitor;
  return facts([
    ['monitor', `${monitor.name}, revision ${monitor.revision}${monitor.paused ? ', PAUSED' : ''}`],
    ['endpoint', monitor.endpoint],
    [
      'reference',
      reference.splitId === undefined
        ? `version ${reference.versionId}`
        : `${reference.part} part of ${reference.splitId}`,
    ],
    ['window', monitor.window],
    ['columns', monitor.watched.join(', ')],
    ['performance', performance ? `${performance.metric}, floor ${performance.floor}` : 'not watched'],
    ['fires when', `${monitor.persistence.m} of ${monitor.persistence.n} windows breach`],
    ['alert route', monitor.route],
    [
      'profile',
      profile
        ? `${number(profile.rows)} rows, ${profile.columns} columns, ${profile.chunks} windows`
        : 'not made yet',
    ],
    ['signals', describeSignals(monitor)],
    ['problem', monitor.problem ?? ''],
  ]);
}
