import type { AlertSignal, NewMonitor } from '@esteira/contracts';
import { parseDuration } from '../../kernel/duration.ts';
import type { WindowGrid } from '../windows/window-range.ts';

/** A monitor as stored. */
export interface StoredMonitor {
  readonly workspace: string;
  readonly id: string;
  readonly name: string;
  readonly settings: NewMonitor;
  /** Grows when a setting changes that changes results. */
  readonly revision: number;
  /** The latest time of a prediction seen; undefined before the first. */
  readonly watermark: number | undefined;
  readonly evaluatedAt: number | undefined;
  /** Why the last evaluation did not happen. */
  readonly problem: string | undefined;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Name of the predictions among the columns to watch. */
export const scoreColumn = 'score';

export function gridOf({ window, windowOffset }: Pick<NewMonitor, 'window' | 'windowOffset'>): WindowGrid {
  return {
    size: parseDuration(window) ?? 86_400_000,
    offset: windowOffset === undefined ? 0 : (parseDuration(windowOffset) ?? 0),
  };
}

/** Whether the predictions themselves are watched. */
export function watchesScore({ columns }: Pick<NewMonitor, 'columns'>): boolean {
  return columns === undefined || columns.includes(scoreColumn);
}

/** The signals a monitor judges. Those that mute others come first, so that they are known by then. */
export function signalsOf(settings: NewMonitor): readonly AlertSignal[] {
  return [
    'data-quality',
    'drift',
    ...(watchesScore(settings) ? (['prediction-drift'] as const) : []),
    ...(settings.performance ? (['performance'] as const) : []),
    ...(settings.performance?.estimate ? (['performance-estimate'] as const) : []),
    ...(settings.latency ? (['latency'] as const) : []),
    ...(settings.errors ? (['errors'] as const) : []),
  ];
}
