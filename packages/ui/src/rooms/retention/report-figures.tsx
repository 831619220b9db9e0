import type { GarbageReport, RetentionKind } from '@esteira/contracts';
import { Figure, Figures } from '../../components/facts.tsx';
import { en } from '../../messages/en.ts';
import { type MessageKey, useMessages } from '../../messages/use-messages.tsx';

/** What a collection freed, removed, left waiting and found, in a few figures. */
export function ReportFigures({ report }: { readonly report: GarbageReport }) {
  const { t, format } = useMessages();
  const { dryRun, freed, removed, kept, waiting, stored, missing } = report;
  return (
    <Figures>
      <Figure
        name={t(dryRun ? 'gc.wouldFree' : 'gc.freed')}
        note={notes(freed, (line) => kindName(line.kind ?? 'none'))}
      >
        {format.bytes(bytesOf(freed))}
      </Figure>
      <Figure
        name={t(dryRun ? 'gc.wouldRemove' : 'gc.removed')}
        note={notes(removed, (line) => kindName(line.kind))}
      >
        {t('gc.things', { count: sumOf(removed, ({ things }) => things) })}
      </Figure>
      <Figure
        name={t('gc.kept')}
        note={notes(kept, (line) => `${kindName(line.kind)}, ${t(`gc.because.${line.because}`)}`)}
      >
        {t('gc.things', { count: sumOf(kept, ({ things }) => things) })}
      </Figure>
      <Figure
        name={t('gc.waiting')}
        note={waiting.nextAt === null ? undefined : t('gc.nextAt', { when: format.dateTime(waiting.nextAt) })}
      >
        {format.bytes(waiting.bytes)}
      </Figure>
      <Figure name={t('gc.stored')} note={notes(stored, (line) => kindName(line.kind))}>
        {format.bytes(bytesOf(stored))}
      </Figure>
      {missing > 0 ? (
        <Figure name={t('gc.missing')} note={t('gc.missingNote')}>
          {t('gc.contents', { count: missing })}
        </Figure>
      ) : null}
    </Figures>
  );

  /** The largest few, a line each. */
  function notes<Line extends { readonly bytes: number }>(
    lines: readonly Line[],
    name: (line: Line) => string,
  ) {
    return [...lines]
      .sort((one, other) => other.bytes - one.bytes)
      .slice(0, 4)
      .map((line) => (
        <div key={JSON.stringify(line)}>
          {name(line)}: {format.bytes(line.bytes)}
        </div>
      ));
  }

  function kindName(kind: RetentionKind | string): string {
    const key = `retention.kind.${kind}`;
    return key in en ? t(key as Extract<MessageKey, `retention.kind.${string}`>) : kind;
  }
}

export function sumOf<Line>(lines: readonly Line[], amount: (line: Line) => number): number {
  return lines.reduce((total, line) => total + amount(line), 0);
}

function bytesOf(lines: readonly { readonly bytes: number }[]): number {
  return sumOf(lines, ({ bytes }) => bytes);
}
