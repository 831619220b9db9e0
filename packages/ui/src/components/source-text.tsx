import './json-view.css';

/** A file as it was given. */
export function SourceText({ text }: { readonly text: string }) {
  return <pre className="json-view">{text}</pre>;
}
