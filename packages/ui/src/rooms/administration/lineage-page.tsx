import type { LineageGraph, NodeRef } from '@esteira/contracts';
import { SegmentedControl, Text } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { LayeredGraph } from '../../components/layered-graph.tsx';
import { nodeAddress } from '../../components/node-address.ts';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

const directions = ['upstream', 'both', 'downstream'] as const;

/** What a thing was made from and what came of it, back to the source files. */
export function LineagePage() {
  const { t } = useMessages();
  const { kind = '', id = '' } = useParams();
  const [direction, setDirection] = useState<(typeof directions)[number]>('both');
  const graph = useAnswer('governance', 'lineage', {
    params: { kind: kind as NodeRef['kind'], id },
    query: { direction },
  });
  return (
    <>
      <PageHeader
        title={t('lineage.title', { kind: t(`node.${kind as NodeRef['kind']}`) ?? kind, id })}
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
  if (graph.edges.length === 0) {
    return (
      <Panel>
        <EmptyState title={t('lineage.alone')} />
      </Panel>
    );
  }
  const root = nodeKey(graph.root);
  return (
    <>
      <Panel>
        <LayeredGraph
          nodes={graph.nodes.map((node) => ({ id: nodeKey(node), node }))}
          edges={graph.edges.map((edge) => ({ from: nodeKey(edge.from), to: nodeKey(edge.to) }))}
          boxWidth={148}
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
            { key: 'relation', header: t('lineage.relation'), cell: (edge) => edge.relation },
            { key: 'to', header: t('lineage.to'), grow: true, cell: (edge) => <NodeText node={edge.to} /> },
            { key: 'at', header: t('word.when'), cell: (edge) => <TimeText at={edge.at} /> },
          ]}
        />
      </Panel>
    </>
  );
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
  return address ? <TextLink to={address}>{node.id}</TextLink> : <span className="mono">{node.id}</span>;
}

function nodeKey(node: NodeRef): string {
  return `${node.kind} ${node.id}`;
}
