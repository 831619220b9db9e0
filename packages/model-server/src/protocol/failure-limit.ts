/** Slows down whoever guesses: an address may fail a few times, then has to wait. */
export interface FailureLimit {
  /** Seconds to wait; 0 when the address may try. */
  wait(address: string): number;
  failed(address: string): void;
  succeeded(address: string): void;
}

const allowed = 10;
const regainMs = 6_000;
const remembered = 10_000;

export function createFailureLimit(deps: { readonly monotonic: () => number }): FailureLimit {
  /** When an address will have been forgiven every failure. */
  const forgivenAt = new Map<string, number>();

  function ahead(address: string): number {
    return Math.max(0, (forgivenAt.get(address) ?? 0) - deps.monotonic());
  }

  return {
    wait(address) {
      return Math.max(0, Math.ceil((ahead(address) - (allowed - 1) * regainMs) / 1000));
    },
    failed(address) {
      const debt = ahead(address) + regainMs;
      forgivenAt.delete(address);
      forgivenAt.set(address, deps.monotonic() + debt);
      // Whoever has many addresses makes the oldest be forgotten, and gains nothing that a new address would not give.
      const [oldest] = forgivenAt.keys();
      if (forgivenAt.size > remembered && oldest !== undefined) forgivenAt.delete(oldest);
    },
    succeeded: (address) => void forgivenAt.delete(address),
  };
}
