import { api } from '@esteira/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { exitCodes } from '../../exit-code.ts';
import { readText } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { plain, shortDigest, time } from '../../number-text.ts';
import { paragraphs, table } from '../../output.ts';

interface Finding {
  readonly level: string;
  readonly path: string;
  readonly message: string;
}

/** `esteira contracts`: what data must be before it becomes a version (Open Data Contract Standard). */
export function addContractsCommand(program: Command, context: CommandContext): void {
  const contracts = program
    .command('contracts')
    .description('Data contracts: what data must be to become a version');

  contracts
    .command('lint <file>')
    .description(`${api.datasets.lintContract.summary} Exit code 3 when it is not valid.`)
    .option('--dataset <name>', 'the dataset it is for, when the contract has several schemas')
    .action(async (file: string, flags: { dataset?: string }) => {
      const document = await readText(context, file);
      const report = await context.client().datasets.lintContract({ body: { document, ...flags } });
      const checks = table(report.checks, {
        check: (check) => check.title,
        accepted: (check) => check.accepted,
      });
      const verdict = report.valid ? `valid: ${report.checks.length} checks` : 'not valid';
      context
        .output()
        .result(report, paragraphs(report.valid ? checks : '', describeFindings(report.findings), verdict));
      if (!report.valid) context.exitWith(exitCodes.refused);
    });

  contracts
    .command('put <dataset> <file>')
    .description(api.datasets.putContract.summary)
    .action(async (name: string, file: string) => {
      const document = await readText(context, file);
      const contract = await context.client().datasets.putContract({ params: { name }, body: { document } });
      const saved = `contract version ${contract.version} of ${contract.dataset}, ${shortDigest(contract.digest)}`;
      context.output().result(contract, paragraphs(describeFindings(contract.findings), saved));
    });

  addPagedListing(contracts, context, {
    command: 'list <dataset>',
    summary: api.datasets.listContracts.summary,
    read: (name: string, query: PageFlags) =>
      context.client().datasets.listContracts({ params: { name }, query }),
    columns: {
      version: (contract) => String(contract.version),
      digest: (contract) => shortDigest(contract.digest),
      created: (contract) => time(contract.createdAt),
      by: (contract) => contract.createdBy,
    },
  });

  contracts
    .command('show')
    .argument('<dataset>')
    .argument('<version>', 'number of the contract version', versionNumber)
    .description(api.datasets.getContract.summary)
    .action(async (name: string, version: number) => {
      const contract = await context.client().datasets.getContract({ params: { name, version } });
      context
        .output()
        .result(
          contract,
          typeof contract.document === 'string'
            ? contract.document
            : JSON.stringify(contract.document, null, 2),
        );
    });

  contracts
    .command('diff <before> <after>')
    .description(
      `${api.datasets.diffContracts.summary} Two files. Exit code 3 when readers of the data would break.`,
    )
    .option('--dataset <name>', 'the dataset they are for, when the contracts have several schemas')
    .action(async (before: string, after: string, flags: { dataset?: string }) => {
      const report = await context.client().datasets.diffContracts({
        body: { before: await readText(context, before), after: await readText(context, after), ...flags },
      });
      const differences = table(report.differences, {
        path: (difference) => difference.path,
        direction: (difference) => difference.direction,
        breaking: (difference) => (difference.breaking ? 'yes' : ''),
        change: (difference) => plain(difference.message),
      });
      context.output().result(report, paragraphs(differences, report.breaking ? 'breaking' : 'not breaking'));
      if (report.breaking) context.exitWith(exitCodes.refused);
    });
}

function describeFindings(findings: readonly Finding[]): string {
  return findings.map(({ level, path, message }) => `${level} ${path}: ${message}`).join('\n');
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('the number of a version is expected');
  return Number(text);
}
