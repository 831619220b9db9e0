/** One entry: HTTP status, what happened, why it matters or came about, what to do now. */
export interface ErrorEntry {
  readonly status: number;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

export type ErrorTable = Readonly<Record<string, ErrorEntry>>;
