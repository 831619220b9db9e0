import { api, KeyPermission } from '@esteira/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { number, time } from '../../number-text.ts';
import { parseDays, parseInteger, parseNumber } from '../../option-values.ts';

interface CreateFlags {
  readonly endpoint?: readonly string[];
  readonly name: string;
  readonly rps?: number;
  readonly requestsPerSecond?: number;
  readonly burst?: number;
  readonly quota?: number;
  readonly allow?: readonly KeyPermission[];
  readonly expires?: number;
}

interface RotateFlags {
  readonly overlap?: number;
  readonly expires?: number;
}

const day = 24 * 60 * 60 * 1000;

/** `esteira keys`: what callers of endpoints authenticate with. */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program
    .command('keys')
    .description('Inference keys: what callers of endpoints authenticate with');

  addPagedListing(keys, context, {
    command: 'list [endpoint]',
    summary: api.serving.allKeys.summary,
    read: (endpoint: string | undefined, query: PageFlags) =>
      context
        .client()
        .serving.allKeys({ query: { ...query, ...(endpoint === undefined ? {} : { endpoint }) } }),
    columns: {
      id: (key) => key.id,
      name: (key) => key.name,
      opens: (key) => key.endpoints.join(', '),
      'per second': (key) => number(key.requestsPerSecond),
      burst: (key) => number(key.burst),
      'per day': (key) => (key.quotaPerDay === null ? '-' : number(key.quotaPerDay)),
      'left today': (key) => (key.quotaLeft === null ? '-' : number(key.quotaLeft)),
      allows: (key) => key.permissions.join(', '),
      expires: (key) => time(key.expiresAt),
      'last used': (key) => time(key.lastUsedAt),
      created: (key) => time(key.createdAt),
    },
  });

  keys
    .command('create [endpoint]')
    .description(api.serving.createSharedKey.summary)
    .option('--endpoint <name>', 'an endpoint that it opens; once for each', collect)
    .option('--name <name>', 'who or what uses it', 'esteira keys create')
    .option('--rps <n>', 'requests per second on average', parseNumber)
    .option('--requests-per-second <n>', 'the same as --rps', parseNumber)
    .option('--burst <n>', 'at once; twice the rate unless given', parseInteger)
    .option('--quota <n/day>', 'requests in a day (UTC): 10000/day', parseQuota)
    .option(
      '--allow <permission>',
      `what it may beside asking, ${KeyPermission.options.join(' or ')}; once for each`,
      collectPermission,
    )
    .option('--expires <span>', 'how long it works: 90d; for ever unless given', parseDays)
    .action(async (first: string | undefined, flags: CreateFlags) => {
      const endpoints = [...(first === undefined ? [] : [first]), ...(flags.endpoint ?? [])];
      if (endpoints.length === 0)
        throw usageError('The key opens nothing.', 'name an endpoint by --endpoint');
      const rate = flags.rps ?? flags.requestsPerSecond;
      const burst = flags.burst ?? (rate === undefined ? undefined : Math.max(1, Math.ceil(2 * rate)));
      const key = await context.client().serving.createSharedKey({
        body: {
          endpoints,
          name: flags.name,
          ...(rate === undefined ? {} : { requestsPerSecond: rate }),
          ...(burst === undefined ? {} : { burst }),
          ...(flags.quota === undefined ? {} : { quotaPerDay: flags.quota }),
          ...(flags.allow === undefined ? {} : { permissions: [...flags.allow] }),
          ...(flags.expires === undefined ? {} : { expiresAt: context.now() + flags.expires * day }),
        },
      });
      context.output().result(key, `${key.key}\nshown only now`);
    });

  keys
    .command('rotate <id>')
    .description(api.serving.rotateKey.summary)
    .option('--overlap <seconds>', 'how long the old one works on; an hour unless given', parseInteger)
    .option('--expires <span>', 'how long the new one works: 90d; as the old one unless given', parseDays)
    .action(async (id: string, { overlap, expires }: RotateFlags) => {
      const key = await context.client().serving.rotateKey({
        params: { id },
        body: {
          ...(overlap === undefined ? {} : { overlapSeconds: overlap }),
          ...(expires === undefined ? {} : { expiresAt: context.now() + expires * day }),
        },
      });
      context.output().result(key, `${key.key}\nshown only now; it replaces ${id}`);
    });

  keys
    .command('revoke <id-or-endpoint> [id]')
    .description(`${api.serving.revokeSharedKey.summary} With an endpoint before the id: for that one alone.`)
    .action(async (first: string, second: string | undefined) => {
      const { serving } = context.client();
      const answer =
        second === undefined
          ? await serving.revokeSharedKey({ params: { id: first } })
          : await serving.revokeKey({ params: { name: first, id: second } });
      context.output().result(answer, `revoked ${second ?? first}`);
    });
}

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

function collectPermission(
  text: string,
  before: readonly KeyPermission[] | undefined,
): readonly KeyPermission[] {
  const permission = KeyPermission.options.find((known) => known === text);
  if (permission === undefined)
    throw new InvalidArgumentError(`one of ${KeyPermission.options.join(', ')} is expected`);
  return [...(before ?? []), permission];
}

function parseQuota(text: string): number {
  const match = /^(\d+)(?:\/(?:day|d))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('a number for each day like 10000/day is expected');
  return Number(match[1]);
}
