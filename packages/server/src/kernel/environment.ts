/** Environment variables as they were given to the program. */
export type Environment = Readonly<Record<string, string | undefined>>;
