import { type EndpointStage, RemoteModel, EndpointStage as Stages } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { CommandError, usageError } from '../../command-error.ts';
import { connect } from '../../connection.ts';
import { type DeploySource, readDeploySource } from '../../deploy/deploy-source.ts';
import type { DeployedVersion } from '../../deploy/deployed-version.ts';
import { openEndpoint, openModel } from '../../deploy/open-endpoint.ts';
import { registerSource } from '../../deploy/register-source.ts';
import { type RemoteFlags, withRemoteSource } from '../../deploy/remote-source.ts';
import { describeCalls } from '../../deploy/snippets.ts';
import { warmUp } from '../../deploy/warm-up.ts';
import { describeChange, nextStep } from '../../describe-change.ts';
import { exitCodes } from '../../exit-code.ts';
import { exitCodeOfChange, followChange } from '../../follow/follow-change.ts';
import { parseInteger, parseNumber } from '../../option-values.ts';
import { facts, paragraphs } from '../../output.ts';

interface DeployFlags extends RemoteFlags {
  readonly model?: string;
  readonly project?: string;
  readonly stage: EndpointStage;
  readonly signature?: string;
  readonly requirements?: string;
  readonly test?: string;
  readonly convert?: 'onnx';
  readonly follow?: true;
  readonly newKey?: true;
  readonly rps: number;
  readonly description: string;
  readonly timeout: number;
  readonly server?: string;
}

const warmUpKeyMs = 120_000;

/** `esteira deploy`: one line from a file to an endpoint that answers. */
export function addDeployCommand(program: Command, context: CommandContext): void {
  program
    .command('deploy [model]')
    .description(
      'Put a model on an endpoint in one line: an ONNX file, a Python file, a JSON file that describes a model, the folder of an MLflow model, runs:/<run>/<path>, models:/<name>/<version> or models:/<name>@<alias>',
    )
    .option('--name <endpoint>', 'the endpoint; named after the model unless given')
    .option('--model <name>', 'the registered model; named after the endpoint unless given')
    .option('--project <name>', 'the project; that of the model, or one of its name, unless given')
    .addOption(
      new Option('--stage <stage>', 'development answers at once; the others ask for a change')
        .choices(Stages.options)
        .default('development'),
    )
    .option(
      '--signature <file>',
      "what a bare ONNX or Python file takes and gives: MLflow's ModelSignature.to_dict()",
    )
    .option('--requirements <file>', 'packages that a Python file or a pickled one needs, as name==version')
    .option(
      '--test <file>',
      'cases that must pass before it answers: [{"inputs": {column: value}, "expected": score}]',
    )
    .addOption(
      new Option(
        '--convert <format>',
        'an MLflow model of scikit-learn, XGBoost or LightGBM, or a pickled file with --requirements: write it as a graph, in a sandbox, and serve that if it answers the same (for owners)',
      ).choices(['onnx']),
    )
    .option('--remote <url>', 'in place of a model: the base URL of a server that answers for it')
    .addOption(
      new Option('--protocol <protocol>', 'what the remote server speaks')
        .choices(RemoteModel.shape.protocol.options)
        .default('open-inference'),
    )
    .option('--remote-model <name>', 'its name on the remote server; that of the endpoint unless given')
    .option('--secret <name>', 'what the remote server is asked with (esteira models secrets)')
    .option('--follow', 'with models:/<name>@<alias>: the endpoint follows the alias from now on')
    .option('--new-key', 'make a key although the endpoint has one')
    .option('--rps <n>', 'requests per second of the key that is made', parseNumber, 1_000)
    .option('--description <text>', 'what is new in this version', '')
    .option('--timeout <seconds>', 'how long the endpoint may take to answer', parseInteger, 120)
    .option('--server <url>', 'address of the control plane; ESTEIRA_URL unless given')
    .addHelpText(
      'after',
      '\nExamples:\n  esteira deploy model.onnx --name churn\n  esteira deploy model.onnx --name churn --signature signature.json --test cases.json\n  esteira deploy models:/churn@champion --stage staging --name churn-staging',
    )
    .action(async (text: string | undefined, flags: DeployFlags) => {
      const connected = connectTo(context, flags.server);
      if ((text === undefined) === (flags.remote === undefined))
        throw usageError('Give either a model or --remote.', 'see: esteira deploy --help');
      if (text !== undefined)
        await deploy(connected, readDeploySource(text, flags.convert !== undefined), flags);
      else await withRemoteSource(flags, (source) => deploy(connected, source, flags));
    });
}

async function deploy(context: CommandContext, source: DeploySource, flags: DeployFlags): Promise<void> {
  refuseMixture(source, flags);
  const output = context.output();
  const endpointName = flags.name ?? flags.model ?? source.name;
  if (endpointName === undefined || endpointName === '')
    throw usageError('The endpoint has no name.', 'give it one by --name');
  const model = source.kind === 'version' ? source.model : (flags.model ?? endpointName);
  const { project, made } = await openModel(context, { model, project: flags.project });
  const { version, created } = await registerSource(context, source, {
    model,
    project,
    description: flags.description,
    signature: flags.signature,
    requirements: flags.requirements,
    test: flags.test,
    convert: flags.convert !== undefined,
  });
  if (created) made.push(`version ${version.version} of ${model}`);
  if (flags.test !== undefined) await runCases(context, version);
  const endpoint = await openEndpoint(
    context,
    { name: endpointName, project, model, stage: flags.stage },
    made,
  );
  for (const thing of made) output.progress(`made ${thing}`);
  if (flags.stage !== 'development') return await requestPromotion(context, endpointName, version);
  const alreadyServed = servesAlone(endpoint, version.id);
  if (!alreadyServed) await promote(context, endpointName, version);
  if (flags.follow) await follow(context, endpointName, source);
  const kept = await context.client().serving.keys({ params: { name: endpointName } });
  const key =
    flags.newKey || kept.items.length === 0
      ? (await makeKey(context, endpointName, { name: 'deploy', rps: flags.rps })).key
      : undefined;
  const address = await warm(context, endpointName, version, {
    key,
    alreadyServed,
    timeoutMs: flags.timeout * 1_000,
  });
  const changed = !alreadyServed || key !== undefined || made.length > 0;
  output.result(
    {
      endpoint: endpointName,
      version: version.version,
      url: address.url,
      grpc: address.grpc,
      key: key ?? null,
      changed,
      made,
    },
    paragraphs(
      alreadyServed
        ? `${endpointName} serves these bytes already, as version ${version.version}: nothing was changed`
        : `${endpointName} answers with version ${version.version} of ${model}`,
      facts([
        ['url', address.url],
        ['grpc', address.grpc ?? '-'],
        [
          'key',
          key === undefined ? 'one that was made before (esteira keys list)' : `${key} (shown only now)`,
        ],
      ]),
      version.signature === null
        ? ''
        : describeCalls({ url: address.url, endpoint: endpointName, key, signature: version.signature }),
    ),
  );
}

function refuseMixture(source: DeploySource, flags: DeployFlags): void {
  if (flags.signature !== undefined && source.kind !== 'file')
    throw usageError('--signature goes with a bare file or a remote model; an MLflow model brings its own.');
  if (
    flags.requirements !== undefined &&
    (source.kind !== 'file' || !/\.(py|pkl|pickle|joblib)$/i.test(source.path))
  )
    throw usageError('--requirements goes with a Python file, or a pickled one that is converted.');
  if (flags.convert !== undefined && flags.remote !== undefined)
    throw usageError('--convert goes with a model, not with a server that answers for one.');
  if (flags.convert !== undefined && flags.follow)
    throw usageError(
      '--convert makes another version than the one the alias stands for; leave --follow out.',
    );
  if (flags.test !== undefined && source.kind !== 'file' && source.kind !== 'folder')
    throw usageError(
      '--test goes with files of this machine: cases are kept with the version they came with.',
    );
  if (flags.follow && (source.kind !== 'version' || source.alias === undefined))
    throw usageError('--follow goes with an alias.', 'write models:/<name>@<alias>');
  if (source.kind === 'version' && flags.model !== undefined && flags.model !== source.model)
    throw usageError('A registered version keeps its model.', 'leave --model out');
}

/** Cases that came with a version must pass before it answers anybody. Throws CASES_FAILED. */
async function runCases(context: CommandContext, version: DeployedVersion): Promise<void> {
  const report = await context.client().serving.integrationTests({ params: { id: version.id } });
  if (report.failed === 0) {
    context.output().progress(`${report.passed} cases passed`);
    return;
  }
  const shown = report.failures
    .slice(0, 3)
    .map(
      ({ example, expected, actual, problem }) =>
        `case ${example}: ${expected} expected, ${actual} answered (${problem})`,
    );
  throw new CommandError({
    code: 'CASES_FAILED',
    what: `${report.failed} of ${report.failed + report.passed} cases failed; the endpoint was not changed.`,
    why: shown.join('; '),
    todo: 'correct the model or the cases',
    exitCode: exitCodes.refused,
  });
}

async function requestPromotion(
  context: CommandContext,
  endpoint: string,
  version: DeployedVersion,
): Promise<void> {
  const subject = { endpoint, modelVersionId: version.id };
  const change = await context
    .client()
    .governance.requestChange({ body: { kind: 'serving.promote', subject } });
  const { url, grpc } = await addressOf(context, endpoint);
  context
    .output()
    .result(
      { endpoint, version: version.version, url, grpc, key: null, change },
      paragraphs(describeChange(change), nextStep(change)),
    );
  context.exitWith(exitCodeOfChange(change));
}

/** Switches a sandbox over: the version is loaded and warm everywhere before it answers. Throws DEPLOYMENT_FAILED. */
async function promote(context: CommandContext, endpoint: string, version: DeployedVersion): Promise<void> {
  const { governance } = context.client();
  const rollout = { shadowRequests: 0, canaryShares: [], requestsPerStep: 10, maxMinutes: 5 };
  const subject = { endpoint, modelVersionId: version.id, rollout };
  const change = await governance.requestChange({ body: { kind: 'serving.promote', subject } });
  if (change.state === 'approved') await governance.applyChange({ params: { id: change.id } });
  const ended = change.state === 'approved' ? await followChange(context, change.id) : change;
  if (ended.state === 'succeeded') return;
  throw new CommandError({
    code: 'DEPLOYMENT_FAILED',
    what: `${endpoint} does not serve version ${version.version}: the change is ${ended.state}.`,
    why: ended.reason,
    todo: `look at: esteira changes show ${change.id}`,
  });
}

async function follow(context: CommandContext, endpoint: string, source: DeploySource): Promise<void> {
  if (source.kind !== 'version' || source.alias === undefined) return;
  await context.client().serving.followAlias({ params: { name: endpoint }, body: { alias: source.alias } });
}

async function makeKey(
  context: CommandContext,
  endpoint: string,
  key: { readonly name: string; readonly rps: number; readonly expiresAt?: number },
) {
  const { name, rps, ...expiry } = key;
  return await context.client().serving.createKey({
    params: { name: endpoint },
    body: { name, requestsPerSecond: rps, burst: Math.max(1, Math.ceil(2 * rps)), ...expiry },
  });
}

/** Waits for an answer at the public address; where nobody has a key at hand, with one for this purpose alone. */
async function warm(
  context: CommandContext,
  endpoint: string,
  version: DeployedVersion,
  how: { readonly key: string | undefined; readonly alreadyServed: boolean; readonly timeoutMs: number },
): Promise<{ url: string; grpc: string | null }> {
  const { key, alreadyServed, timeoutMs } = how;
  const address = await addressOf(context, endpoint);
  const { signature } = version;
  if (signature === null || (alreadyServed && key === undefined)) return address;
  const asked = { url: address.url, endpoint, version: version.version, signature, timeoutMs };
  if (key !== undefined) {
    await warmUp(context, { ...asked, key });
    return address;
  }
  const own = await makeKey(context, endpoint, {
    name: 'warm-up',
    rps: 100,
    expiresAt: context.now() + Math.max(warmUpKeyMs, timeoutMs),
  });
  try {
    await warmUp(context, { ...asked, key: own.key });
  } finally {
    await context.client().serving.revokeKey({ params: { name: endpoint, id: own.id } });
  }
  return address;
}

async function addressOf(
  context: CommandContext,
  endpoint: string,
): Promise<{ url: string; grpc: string | null }> {
  for (let attempt = 0; attempt < 120; attempt++) {
    const { served } = await context.client().serving.endpoint({ params: { name: endpoint } });
    if (served !== null) return { url: served.httpUrl, grpc: served.grpcAddress };
    await context.pause(250);
  }
  throw new CommandError({
    code: 'DATA_PLANE_AWAY',
    what: `No model server has reported for ${endpoint}.`,
    todo: "look at the server's log",
  });
}

function servesAlone(endpoint: Awaited<ReturnType<typeof openEndpoint>>, versionId: string): boolean {
  const [arm, second] = endpoint.desired.arms;
  return (
    second === undefined &&
    arm?.predictor.kind === 'version' &&
    arm.predictor.modelVersionId === versionId &&
    endpoint.served?.ready === true &&
    endpoint.served.revision === endpoint.revision
  );
}

/** The same command line, with another server than the environment names. */
function connectTo(context: CommandContext, server: string | undefined): CommandContext {
  if (server === undefined) return context;
  const client = connect({ ...context.environment, ESTEIRA_URL: server });
  return { ...context, client: () => client, serverUrl: () => server.replace(/\/+$/, '') };
}
