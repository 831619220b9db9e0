import { pino } from 'pino';

type Fields = Readonly<Record<string, unknown>>;

/** Structured log: a static message, everything variable in the fields. */
export interface Logger {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

/** Logs JSON lines to standard error; standard output belongs to the command that started the server. */
export function createLogger(level: string): Logger {
  return pino(
    { level, redact: ['*.authorization', '*.cookie', '*.token', '*.secret', '*.password'], base: null },
    pino.destination({ dest: 2, sync: false }),
  );
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
