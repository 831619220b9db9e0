import type { TrialReport } from '@esteira/contracts';
import { type Pages, usePages } from '../api/use-answer.ts';
import { useMessages } from '../messages/use-messages.tsx';
import { PagedTable } from './paged-table.tsx';
import { Panel } from './panel.tsx';
import { QuietText } from './quiet-text.tsx';
import { TonedBadge } from './status-badge.tsx';
import { TextLink } from './text-link.tsx';
import { TimeText } from './time-text.tsx';
import { VersionLink } from './version-name.tsx';

/** What integration tests, benchmarks and drills found of an endpoint or a version, the newest first. */
export function TrialReports(about: { readonly endpoint?: string; readonly modelVersion?: string }) {
  const { t } = useMessages();
  const pages: Pages<TrialReport> = usePages('serving', 'trialReports', { query: { limit: 10, ...about } });
  return (
    <Panel title={t('trials.title')} hint={t('trials.hint')} flush>
      <PagedTable
        label={t('trials.title')}
        pages={pages}
        empty={<QuietText>{t('trials.empty')}</QuietText>}
        rowKey={({ report }) => report.id}
        columns={[
          { key: 'kind', header: t('word.kind'), cell: ({ kind }) => t(`trials.${kind}`) },
          { key: 'verdict', header: t('word.status'), cell: (trial) => <Verdict trial={trial} /> },
          { key: 'found', header: t('trials.found'), grow: true, cell: (trial) => <Found trial={trial} /> },
          { key: 'of', header: t('trials.of'), cell: ({ report }) => of(report) },
          { key: 'at', header: t('word.when'), cell: ({ report }) => <TimeText at={report.at} /> },
        ]}
      />
    </Panel>
  );

  /** The other of the two that a report is of. */
  function of(report: TrialReport['report']) {
    if (about.endpoint === undefined)
      return 'endpoint' in report ? (
        <TextLink to={`/endpoints/${report.endpoint}`}>{report.endpoint}</TextLink>
      ) : (
        '–'
      );
    const version = versionOf(report);
    return version === null ? '–' : <VersionLink id={version} />;
  }
}

function versionOf(report: TrialReport['report']): string | null {
  if ('killedVersionId' in report) return report.killedVersionId;
  return 'candidateVersionId' in report ? report.candidateVersionId : report.modelVersionId;
}

function Verdict({ trial }: { readonly trial: TrialReport }) {
  const { t } = useMessages();
  const passed = hasPassed(trial);
  return (
    <TonedBadge tone={passed ? 'good' : 'bad'}>{t(passed ? 'trials.passed' : 'trials.failed')}</TonedBadge>
  );
}

/** A benchmark passes when some rate kept to the SLA. */
function hasPassed(trial: TrialReport): boolean {
  switch (trial.kind) {
    case 'integration-tests':
      return trial.report.failed === 0;
    case 'benchmark':
      return trial.report.throughputPerSecond > 0;
    case 'fallback-drill':
      return trial.report.passed;
    case 'rollback-drill':
      return trial.report.succeeded;
  }
}

function Found({ trial }: { readonly trial: TrialReport }) {
  const { t, format } = useMessages();
  switch (trial.kind) {
    case 'integration-tests': {
      const { passed, failed } = trial.report;
      return t('trials.examples', { passed: format.integer(passed), failed: format.integer(failed) });
    }
    case 'benchmark': {
      const { report } = trial;
      return t('trials.measured', {
        p50: format.duration(report.p50Ms),
        p95: format.duration(report.p95Ms),
        p99: format.duration(report.p99Ms),
        rate: format.integer(report.throughputPerSecond),
        memory: format.bytes(report.peakMemoryBytes),
      });
    }
    case 'fallback-drill':
      return trial.report.answers.map(({ fault, ms }) => `${fault}: ${format.duration(ms)}`).join('; ');
    case 'rollback-drill':
      return t('trials.rolledBack', { duration: format.duration(trial.report.durationMs) });
  }
}
