import { useEffect } from 'react';

/** After a failure; the server may be starting again. */
const retryMs = 5_000;

/**
 * Waits for news by long polls, one after the other, while somebody looks at the page. `wait` answers when there are some, or
 * after a while; it is to be the same function as long as what is waited for is the same.
 */
export function useNews(wait: ((signal: AbortSignal) => Promise<void>) | undefined): void {
  useEffect(() => {
    if (wait === undefined) return;
    let current: AbortController | undefined;
    const follow = async (): Promise<void> => {
      current?.abort();
      if (document.hidden) return;
      const own = new AbortController();
      current = own;
      while (!own.signal.aborted) {
        try {
          await wait(own.signal);
        } catch {
          if (!own.signal.aborted) await pause(retryMs, own.signal);
        }
      }
    };
    const begin = (): void => void follow();
    begin();
    document.addEventListener('visibilitychange', begin);
    return () => {
      document.removeEventListener('visibilitychange', begin);
      current?.abort();
    };
  }, [wait]);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
