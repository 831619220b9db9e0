// npm run golden -- DIR [--strict FILE …]
// Checks this repository's mathematics against a folder of golden vectors: outputs of reference libraries for fixed inputs.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { goldenAdapters } from './golden/adapters.ts';
import { checkCase, type GoldenFile, type Verdict } from './golden/check-case.ts';

interface Tally {
  passed: number;
  failed: number;
  uncovered: number;
  optional: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { strict: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false } },
});
const [folder, ...strictNames] = positionals;
if (folder === undefined) {
  console.error('usage: npm run golden -- DIR [--strict FILE …]');
  process.exit(2);
}
process.exitCode = run(folder, values.strict ? strictNames : [], values.verbose);

function run(directory: string, strictFiles: readonly string[], verbose: boolean): number {
  const strict = new Set(strictFiles.map((name) => basename(name, '.json')));
  const sum = emptyTally();
  let strictUncovered = 0;
  const seen = new Set<string>();
  for (const name of readdirSync(directory).sort()) {
    if (!name.endsWith('.json')) continue;
    const file = JSON.parse(readFileSync(join(directory, name), 'utf8')) as GoldenFile;
    if (typeof file.schema !== 'string' || !file.schema.startsWith('golden/')) continue;
    seen.add(basename(name, '.json'));
    const tally = checkFile(name, file, directory, verbose);
    addTo(sum, tally);
    if (strict.has(basename(name, '.json'))) strictUncovered += tally.uncovered;
  }
  const missing = [...strict].filter((name) => !seen.has(name));
  for (const name of missing) console.log(`--strict ${name}: no such file in ${directory}`);
  if (strictUncovered > 0) console.log(`${strictUncovered} cases of the strict files are not covered`);
  if (sum.optional > 0) console.log(`${sum.optional} optional cases differ (reported, not failed)`);
  console.log(`${sum.uncovered} not covered`);
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  return sum.failed > 0 || strictUncovered > 0 || missing.length > 0 ? 1 : 0;
}

function checkFile(name: string, file: GoldenFile, directory: string, verbose: boolean): Tally {
  const byMethod = new Map<string, Tally>();
  const problems: string[] = [];
  for (const golden of file.cases) {
    const verdict = checkCase(golden, file, goldenAdapters[file.set], directory);
    const tally = byMethod.get(golden.method) ?? emptyTally();
    byMethod.set(golden.method, tally);
    count(tally, verdict);
    if (verdict.outcome === 'failed' || verdict.outcome === 'optional') {
      problems.push(`  ${verdict.outcome} ${golden.id}: ${verdict.reason}`);
    }
  }
  const total = emptyTally();
  for (const tally of byMethod.values()) addTo(total, tally);
  console.log(`${name}: ${describe(total)}`);
  for (const [method, tally] of byMethod) console.log(`  ${method}: ${describe(tally)}`);
  for (const problem of verbose ? problems : problems.slice(0, 20)) console.log(problem);
  if (!verbose && problems.length > 20) console.log(`  … ${problems.length - 20} more (--verbose shows all)`);
  return total;
}

function describe(tally: Tally): string {
  const optional = tally.optional > 0 ? `, ${tally.optional} optional differ` : '';
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.uncovered} not covered${optional}`;
}

function count(tally: Tally, verdict: Verdict): void {
  if (verdict.outcome === 'passed') tally.passed++;
  else if (verdict.outcome === 'failed') tally.failed++;
  else if (verdict.outcome === 'optional') tally.optional++;
  else tally.uncovered++;
}

function addTo(sum: Tally, tally: Tally): void {
  sum.passed += tally.passed;
  sum.failed += tally.failed;
  sum.uncovered += tally.uncovered;
  sum.optional += tally.optional;
}

function emptyTally(): Tally {
  return { passed: 0, failed: 0, uncovered: 0, optional: 0 };
}
