import { Fragment, type ReactNode, useMemo } from 'react';
import { type MarkdownBlock, type MarkdownSpan, parseMarkdown, parseSpans } from './parse-markdown.ts';
import './markdown.css';

/** A text in Markdown. It becomes elements, never HTML: what somebody wrote cannot act on the page. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div className="markdown">{inOrder(blocks.map(drawBlock))}</div>;
}

function drawBlock(block: MarkdownBlock): ReactNode {
  if (block.kind === 'rule') return <hr />;
  if (block.kind === 'code')
    return (
      <pre>
        <code>{block.text}</code>
      </pre>
    );
  if (block.kind === 'heading') {
    // The page's own headings are the first two.
    const Heading = `h${Math.min(6, block.level + 2)}` as 'h3' | 'h4' | 'h5' | 'h6';
    return <Heading>{drawText(block.text)}</Heading>;
  }
  if (block.kind === 'list') {
    const List = block.ordered ? 'ol' : 'ul';
    return <List>{inOrder(block.items.map((item) => <li key="item">{drawText(item)}</li>))}</List>;
  }
  if (block.kind === 'table')
    return (
      <table>
        <thead>
          <tr>{inOrder(block.head.map((cell) => <th key="cell">{drawText(cell)}</th>))}</tr>
        </thead>
        <tbody>
          {inOrder(
            block.rows.map((row) => (
              <tr key="row">{inOrder(row.map((cell) => <td key="cell">{drawText(cell)}</td>))}</tr>
            )),
          )}
        </tbody>
      </table>
    );
  if (block.kind === 'quote')
    return (
      <blockquote>
        <p>{drawText(block.text)}</p>
      </blockquote>
    );
  return <p>{drawText(block.text)}</p>;
}

function drawText(text: string): ReactNode {
  return inOrder(parseSpans(text).map(drawSpan));
}

function drawSpan(span: MarkdownSpan): ReactNode {
  if (span.kind === 'text') return span.text;
  if (span.kind === 'code') return <code>{span.text}</code>;
  const inner = inOrder(span.spans.map(drawSpan));
  if (span.kind === 'strong') return <strong>{inner}</strong>;
  if (span.kind === 'emphasis') return <em>{inner}</em>;
  if (span.kind === 'struck') return <s>{inner}</s>;
  if (span.to.startsWith('#/')) return <a href={span.to}>{inner}</a>;
  return (
    <a href={span.to} target="_blank" rel="noopener noreferrer nofollow">
      {inner}
    </a>
  );
}

/** Pieces of a text have their order alone to be known by. */
function inOrder(nodes: readonly ReactNode[]): ReactNode {
  return nodes
    .map((node, place) => ({ node, place }))
    .map(({ node, place }) => <Fragment key={place}>{node}</Fragment>);
}
