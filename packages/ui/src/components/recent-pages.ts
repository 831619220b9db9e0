/** A page that somebody looked at. */
export interface RecentPage {
  /** Its address, with what it was asked. */
  readonly to: string;
  readonly title: string;
}

const most = 8;

/** The pages that one person looked at last in this browser, the newest first. */
export function recentPages(person: string): readonly RecentPage[] {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(keyOf(person)) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isRecentPage) : [];
  } catch {
    return [];
  }
}

/** Puts a page before the others; the oldest is forgotten. */
export function rememberPage(person: string, page: RecentPage): void {
  const others = recentPages(person).filter(({ to }) => to !== page.to);
  window.localStorage.setItem(keyOf(person), JSON.stringify([page, ...others].slice(0, most)));
}

function keyOf(person: string): string {
  return `esteira.recent.${person}`;
}

function isRecentPage(value: unknown): value is RecentPage {
  const { to, title } = (value ?? {}) as Partial<RecentPage>;
  return typeof to === 'string' && typeof title === 'string';
}
