import type { LineageGraph, NodeRef } from '@esteira/contracts';
import { SegmentedControl, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { LayeredGraph } from '../../components/layered-graph.tsx';
import { nodeAddress } from '../../components/node-address.ts';
import { kindText } from '../../components/node-kind.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { shortId } from '../../components/short-id.ts';
import { IdText, TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useVersionName } from '../../components/version-name.tsx';
import { type Say, useMessages } from '../../messages/use-messages.tsx';
import { contractGraph, kinOf } from './contract-graph.ts';

/** Nodes that did something: left out of the picture at first, so that what was made stands out. */
const executions: readonly NodeRef['kind'][] = ['run', 'pipeline-run', 'monitor'];

const directions = ['upstream', 'both', 'downstream'] as const;

/** What a thing was made from and what came of it, back to the source files. */
export function LineagePage() {
  const { t } = useMessages();
  const { kind = '', id = '' } = useParams();
  const versionName = useVersionName(kind === 'model-version' ? id : undefined);
  const [direction, setDirection] = useState<(typeof directions)[number]>('upstream');
  const graph = useAnswer('governance', 'lineage', {
    params: { kind: kind as NodeRef['kind'], id },
    query: { direction },
  });
  return (
    <>
      <PageHeader
        title={t('lineage.title', {
          kind: kindText(kind, t),
          id: (kind === 'model-version' ? versionName : undefined) ?? shortId(id),
        })}
        actions={
          <SegmentedControl
            aria-label={t('lineage.direction')}
            value={direction}
            onChange={(value) => setDirection(directions.find((known) => known === value) ?? 'both')}
            data={directions.map((value) => ({ value, label: t(`lineage.${value}`) }))}
          />
        }
      >
        {t('lineage.lead')}
      </PageHeader>
      <Answered query={graph}>{(answer) => <LineageView graph={answer} />}</Answered>
    </>
  );
}

function LineageView({ graph }: { readonly graph: LineageGraph }) {
  const { t } = useMessages();
  const [withRuns, setWithRuns] = useState(false);
  if (graph.edges.length === 0) {
    return (
      <Panel>
        <EmptyState title={t('lineage.alone')} />
      </Panel>
    );
  }
  const root = nodeKey(graph.root);
  const drawn = withRuns ? wholePicture(graph) : materialPicture(graph);
  return (
    <>
      <Panel>
        <Switch
          size="xs"
          mb="xs"
          label={t('lineage.withRuns')}
          checked={withRuns}
          onChange={(event) => setWithRuns(event.currentTarget.checked)}
        />
        <LayeredGraph
          nodes={drawn.nodes}
          edges={drawn.edges}
          boxWidth={126}
          isMarked={({ id }) => id === root}
          content={({ node }) => (
            <>
              <div className="faint">{t(`node.${node.kind}`)}</div>
              <div title={`${node.id} ${node.digest ?? ''}`}>
                <NodeLink node={node} />
              </div>
            </>
          )}
        />
        {graph.truncated ? (
          <Text size="xs" c="dimmed">
            {t('lineage.truncated')}
          </Text>
        ) : null}
      </Panel>
      <Panel title={t('lineage.edges')} flush>
        <DataTable
          label={t('lineage.edges')}
          rows={graph.edges}
          rowKey={(edge) => `${nodeKey(edge.from)} ${edge.relation} ${nodeKey(edge.to)}`}
          columns={[
            { key: 'from', header: t('lineage.from'), cell: (edge) => <NodeText node={edge.from} /> },
            {
              key: 'relation',
              header: t('lineage.relation'),
              cell: (edge) => relationText(edge.relation, t),
            },
            { key: 'to', header: t('lineage.to'), grow: true, cell: (edge) => <NodeText node={edge.to} /> },
            { key: 'at', header: t('word.when'), cell: (edge) => <TimeText at={edge.at} /> },
          ]}
        />
      </Panel>
    </>
  );
}

const relations = [
  'computed-by',
  'converted-from',
  'derived-into',
  'distilled-from',
  'evaluated-on',
  'forked',
  'ingested-into',
  'judged-by',
  'landed-in',
  'made',
  'made-from',
  'produced',
  'read',
  'registered-from',
  'retrained-by',
  'reused',
  'rewound',
  'served-by',
  'split-into',
  'trained-on',
  'validated',
  'watched-by',
] as const;

/** A relation in words; one that a later server knows as it names it. */
function relationText(name: string, t: Say): string {
  const relation = relations.find((known) => known === name);
  return relation ? t(`lineage.relation.${relation}`) : name;
}

/** Everything that is recorded. */
function wholePicture(graph: LineageGraph) {
  return {
    nodes: graph.nodes.map((node) => ({ id: nodeKey(node), node })),
    edges: graph.edges.map((edge) => ({ from: nodeKey(edge.from), to: nodeKey(edge.to) })),
  };
}

/** Only what was made of what: without the runs between, and without what merely gave the occasion. */
function materialPicture(graph: LineageGraph) {
  const root = nodeKey(graph.root);
  const edges = graph.edges
    .filter((edge) => edge.relation !== 'retrained-by')
    .map((edge) => ({ from: nodeKey(edge.from), to: nodeKey(edge.to) }));
  const kin = kinOf(root, edges);
  const nodes = graph.nodes.map((node) => ({ id: nodeKey(node), node })).filter(({ id }) => kin.has(id));
  return contractGraph(nodes, edges, ({ id, node }) => id !== root && executions.includes(node.kind));
}

function NodeText({ node }: { readonly node: NodeRef }) {
  const { t } = useMessages();
  return (
    <span>
      <span className="faint">{t(`node.${node.kind}`)}</span> <NodeLink node={node} />
    </span>
  );
}

function NodeLink({ node }: { readonly node: NodeRef }) {
  const address = nodeAddress(node);
  return address ? <TextLink to={address}>{node.id}</TextLink> : <IdText id={node.id} />;
}

function nodeKey(node: NodeRef): string {
  return `${node.kind} ${node.id}`;
}
