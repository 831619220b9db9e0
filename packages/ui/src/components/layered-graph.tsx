import { type ReactNode, useEffect, useRef } from 'react';
import { useMessages } from '../messages/use-messages.tsx';
import { type GraphEdge, type GraphNode, layeredLayout, type PlacedNode } from './layered-layout.ts';
import './layered-graph.css';

interface LayeredGraphProps<Node extends GraphNode> {
  readonly nodes: readonly Node[];
  readonly edges: readonly GraphEdge[];
  readonly content: (node: Node) => ReactNode;
  readonly isMarked?: (node: Node) => boolean;
  /** Width of a box in pixels. */
  readonly boxWidth?: number;
}

const boxHeight = 48;
const gapX = 26;
const gapY = 14;

/** A directed graph from left to right: boxes of HTML over lines of SVG, so that texts wrap and links can be reached by key. */
export function LayeredGraph<Node extends GraphNode>({
  nodes,
  edges,
  content,
  isMarked,
  boxWidth = 122,
}: LayeredGraphProps<Node>) {
  const { t } = useMessages();
  const frame = useRef<HTMLElement>(null);
  const layout = layeredLayout(nodes, edges);
  const width = layout.layers * (boxWidth + gapX) - gapX;
  const height = layout.tallest * (boxHeight + gapY) - gapY;
  const countIn = new Map<number, number>();
  for (const { layer } of layout.placed) countIn.set(layer, (countIn.get(layer) ?? 0) + 1);
  const corner = new Map(layout.placed.map((entry) => [entry.node.id, cornerOf(entry)]));

  const marked = layout.placed.find(({ node }) => isMarked?.(node));
  const markedAt = marked && corner.get(marked.node.id);
  const middleX = markedAt && markedAt.x + boxWidth / 2;
  const middleY = markedAt ? markedAt.y + boxHeight / 2 : height / 2;

  useEffect(() => {
    if (!frame.current) return;
    if (middleX !== undefined) frame.current.scrollLeft = middleX - frame.current.clientWidth / 2;
    frame.current.scrollTop = middleY - frame.current.clientHeight / 2;
  }, [middleX, middleY]);

  return (
    <section ref={frame} className="layered-graph" aria-label={t('graph.label', { count: nodes.length })}>
      <div style={{ width, height, position: 'relative' }}>
        <svg width={width} height={height} aria-hidden="true">
          {edges.map((edge) => {
            const from = corner.get(edge.from);
            const to = corner.get(edge.to);
            if (!from || !to) return null;
            return <path key={`${edge.from} ${edge.to}`} d={curve(from.x + boxWidth, from.y, to)} />;
          })}
        </svg>
        {layout.placed.map(({ node }) => {
          const at = corner.get(node.id) ?? { x: 0, y: 0 };
          return (
            <div
              key={node.id}
              className="graph-box"
              data-marked={isMarked?.(node) ?? false}
              style={{ left: at.x, top: at.y, width: boxWidth, height: boxHeight }}
            >
              {content(node)}
            </div>
          );
        })}
      </div>
    </section>
  );

  function cornerOf({ layer, place }: PlacedNode<Node>) {
    const missing = layout.tallest - (countIn.get(layer) ?? 0);
    return { x: layer * (boxWidth + gapX), y: (place + missing / 2) * (boxHeight + gapY) };
  }
}

function curve(startX: number, fromY: number, to: { x: number; y: number }): string {
  const startY = fromY + boxHeight / 2;
  const endY = to.y + boxHeight / 2;
  const bend = Math.max(12, (to.x - startX) / 2);
  return `M${startX} ${startY}C${startX + bend} ${startY} ${to.x - bend} ${endY} ${to.x} ${endY}`;
}
