import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { readDocument } from '../../files.ts';
import { number, time } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';

interface LimitFlags {
  readonly bodyBytes?: number;
  readonly rows?: number;
  readonly timeoutMs?: number;
}

interface CacheFlags {
  readonly ttl?: number;
  readonly maxBytes?: number;
  readonly deterministic?: true;
  readonly off?: true;
}

interface SandboxFlags {
  readonly callers?: number;
  readonly reportAfter?: number;
  readonly freezeAfter?: number;
}

type Sandbox = Awaited<ReturnType<ReturnType<CommandContext['client']>['serving']['sandbox']>>;
type Policies = Parameters<
  ReturnType<CommandContext['client']>['serving']['setRequestPolicies']
>[0]['body']['policies'];

/** What an endpoint takes, follows and may be used for. */
export function addEndpointSettingCommands(endpoints: Command, context: CommandContext): void {
  endpoints
    .command('limits <name>')
    .description(api.serving.setLimits.summary)
    .option('--body-bytes <n>', 'largest body', parseInteger)
    .option('--rows <n>', 'most rows of a request', parseInteger)
    .option('--timeout-ms <n>', 'time for the model to answer, in ms', parseInteger)
    .action(async (name: string, flags: LimitFlags) => {
      const { serving } = context.client();
      const { desired } = await serving.endpoint({ params: { name } });
      const { limits } = desired;
      const endpoint = await serving.setLimits({
        params: { name },
        body: {
          maxBodyBytes: flags.bodyBytes ?? limits.maxBodyBytes,
          maxRows: flags.rows ?? limits.maxRows,
          timeoutMs: flags.timeoutMs ?? limits.timeoutMs,
        },
      });
      const { maxBodyBytes, maxRows, timeoutMs } = endpoint.desired.limits;
      context
        .output()
        .result(
          endpoint,
          `${name} takes ${number(maxBodyBytes)} bytes, ${number(maxRows)} rows, ${timeoutMs} ms`,
        );
    });

  endpoints
    .command('policies <name>')
    .description(api.serving.setRequestPolicies.summary)
    .option(
      '--set <file>',
      'YAML by feature: {age: {policy: clamp, minimum: 0}, country: {policy: impute, categories: [BR], value: BR}}',
    )
    .option('--clear', 'take every policy away')
    .action(async (name: string, { set, clear }: { set?: string; clear?: true }) => {
      if ((set === undefined) === (clear === undefined))
        throw usageError('Give either --set or --clear.', 'see: esteira endpoints policies --help');
      const policies = set === undefined ? {} : await readDocument<Policies>(context, set);
      const endpoint = await context
        .client()
        .serving.setRequestPolicies({ params: { name }, body: { policies } });
      const names = Object.keys(endpoint.desired.policies ?? {});
      context
        .output()
        .result(
          endpoint,
          names.length === 0 ? `${name} has no policies` : `${name} asks something of ${names.join(', ')}`,
        );
    });

  endpoints
    .command('cache <name>')
    .description(api.serving.setResponseCache.summary)
    .option('--ttl <seconds>', 'how long an answer is kept', parseInteger)
    .option(
      '--max-bytes <n>',
      'memory for answers in each serving process; 64 MiB unless given',
      parseInteger,
    )
    .option(
      '--deterministic',
      'every model of the endpoint, Python or remote, answers equal questions equally',
    )
    .option('--off', 'keep no answers')
    .action(async (name: string, { ttl, maxBytes, deterministic, off }: CacheFlags) => {
      if ((ttl === undefined) === (off === undefined))
        throw usageError('Give either --ttl or --off.', 'see: esteira endpoints cache --help');
      const cache =
        ttl === undefined
          ? null
          : {
              ttlSeconds: ttl,
              ...(maxBytes === undefined ? {} : { maxBytes }),
              ...(deterministic === undefined ? {} : { deterministic }),
            };
      const endpoint = await context.client().serving.setResponseCache({ params: { name }, body: { cache } });
      context
        .output()
        .result(
          endpoint,
          ttl === undefined ? `${name} keeps no answers` : `${name} keeps answers for ${ttl} s`,
        );
    });

  endpoints
    .command('follow <name> <alias>')
    .description(api.serving.followAlias.summary)
    .action(async (name: string, alias: string) => {
      const endpoint = await context.client().serving.followAlias({ params: { name }, body: { alias } });
      context.output().result(endpoint, `${name} follows ${endpoint.model}@${alias}`);
    });

  endpoints
    .command('unfollow <name>')
    .description(api.serving.unfollowAlias.summary)
    .action(async (name: string) => {
      const endpoint = await context.client().serving.unfollowAlias({ params: { name } });
      context.output().result(endpoint, `${name} is pinned to what it serves`);
    });

  endpoints
    .command('sandbox <name>')
    .description(`${api.serving.sandbox.summary} With options: ${api.serving.setSandboxLimits.summary}`)
    .option('--callers <n>', 'distinct callers from which a day is busy', parseInteger)
    .option('--report-after <days>', 'busy days of the last 14 that have it reported', parseInteger)
    .option('--freeze-after <days>', 'busy days of the last 14 that freeze it; 15: never', parseInteger)
    .action(async (name: string, { callers, reportAfter, freezeAfter }: SandboxFlags) => {
      const { serving } = context.client();
      const params = { name };
      const now = await serving.sandbox({ params });
      const given = callers ?? reportAfter ?? freezeAfter;
      const use =
        given === undefined
          ? now
          : await serving.setSandboxLimits({
              params,
              body: {
                callersPerDay: callers ?? now.limits.callersPerDay,
                reportAfterDays: reportAfter ?? now.limits.reportAfterDays,
                freezeAfterDays: freezeAfter ?? now.limits.freezeAfterDays,
              },
            });
      context.output().result(use, describeSandbox(use));
    });

  endpoints
    .command('openapi <name>')
    .description(api.serving.endpointOpenapi.summary)
    .action(async (name: string) => {
      const document = await context.client().serving.endpointOpenapi({ params: { name } });
      context.output().result(document, JSON.stringify(document, null, 2));
    });
}

function describeSandbox({ endpoint, limits, busyDays, days, frozen }: Sandbox): string {
  return paragraphs(
    facts([
      ['endpoint', endpoint],
      ['busy', `a day with ${limits.callersPerDay} or more callers`],
      ['busy days', `${busyDays} of the last 14`],
      ['reported', `from ${limits.reportAfterDays} busy days on`],
      ['frozen', `from ${limits.freezeAfterDays} busy days on`],
      ['state', frozen === null ? 'answers' : `FROZEN since ${time(frozen.at)}: ${frozen.reason}`],
    ]),
    table(days, { day: (row) => row.day, callers: (row) => number(row.callers) }),
  );
}
