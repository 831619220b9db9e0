/** Says how long to collect before the next shipment, from what came since the one before. */
export interface ShippingPause {
  /** So many bytes go out now. */
  shipped(bytes: number): void;
  /** In ms. */
  next(): number;
}

/** What is worth a shipment of its own: the receiver spends about as much on less. */
const worthBytes = 32 * 1024;
const mostPauses = 6;

/**
 * Collects for `pauseMs`, so that little traffic does not become many small files, and for up to six times as long the faster
 * it comes: a large batch costs the receiver a fraction of many small ones. Traffic that has ended is forgotten in as long as
 * it was collected.
 */
export function createShippingPause(deps: {
  readonly pauseMs: number;
  /** In ms. */
  readonly monotonic: () => number;
}): ShippingPause {
  const { pauseMs, monotonic } = deps;
  let last = { at: monotonic(), bytes: 0, tookMs: pauseMs };

  return {
    shipped(bytes) {
      const at = monotonic();
      last = { at, bytes, tookMs: Math.max(pauseMs, at - last.at) };
    },
    next() {
      const overMs = Math.max(last.tookMs, monotonic() - last.at);
      const bytesPerPause = (last.bytes / Math.max(1, overMs)) * pauseMs;
      return pauseMs * Math.min(mostPauses, Math.max(1, bytesPerPause / worthBytes));
    },
  };
}
