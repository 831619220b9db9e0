import type { KeyboardEvent } from 'react';

const inRow = 'a[href], button:not([tabindex="-1"]), input';

/**
 * Moves the focus from row to row of a table with the arrows, to the place that has it in its row; Home and End go to the
 * first and the last row that is drawn. Enter is left to what has the focus.
 */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { target, currentTarget, key } = event;
  if (!(target instanceof HTMLElement) || isTyping(target)) return;
  const row = target.closest('tbody tr');
  if (row === null) return;
  const rows = [...currentTarget.querySelectorAll('tbody tr')].filter((one) => placesIn(one).length > 0);
  const at = rows.indexOf(row);
  const next = rows[indexAfter(key, at, rows.length - 1)];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  const places = placesIn(next);
  const place = places[Math.min(placesIn(row).indexOf(target), places.length - 1)] ?? places[0];
  place?.focus();
}

function indexAfter(key: string, at: number, last: number): number {
  if (key === 'ArrowDown') return Math.min(at + 1, last);
  if (key === 'ArrowUp') return Math.max(at - 1, 0);
  if (key === 'Home') return 0;
  return key === 'End' ? last : -1;
}

function placesIn(row: Element): readonly HTMLElement[] {
  return [...row.querySelectorAll<HTMLElement>(inRow)];
}

/** Where arrows move the caret, or choose. */
function isTyping(target: HTMLElement): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox';
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
