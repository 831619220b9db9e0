import type { ControlPlaneAddress } from '@esteira/contracts';

/** Whom a model server asks: its own control plane, and another one when that is away. */
export interface ControlPlaneAddresses {
  /** Every address to try, the one that answered last first. */
  toTry(): readonly string[];
  answered(url: string): void;
  /** The servers of the installation, as one of them tells. */
  learn(servers: readonly ControlPlaneAddress[]): void;
}

/**
 * A server of this machine is asked by the address for processes of the machine, one elsewhere by that which people use. An
 * address that means the asker's own machine is of no use elsewhere.
 */
export function createControlPlaneAddresses(options: {
  readonly own: string;
  /** Name of this machine. */
  readonly host: string;
  readonly onMoved: (url: string) => void;
}): ControlPlaneAddresses {
  const own = withoutSlash(options.own);
  let others: readonly string[] = [];
  let current = own;
  return {
    toTry: () => [...new Set([current, own, ...others])],
    answered(url) {
      if (url === current) return;
      current = url;
      options.onMoved(url);
    },
    learn(servers) {
      const near = servers.filter(({ host }) => host === options.host).map(({ innerUrl }) => innerUrl);
      const far = servers.map(({ url }) => url).filter((url) => !meansThisMachine(url));
      others = [...near, ...far].map(withoutSlash);
    },
  };
}

function meansThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || /^(127\.|0\.0\.0\.0$|\[::1?\]$)/.test(hostname);
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}
