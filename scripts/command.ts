import { z } from 'zod';

/** Wrong use of a command, as against work that failed: exits 2. */
export class Misuse extends Error {}

/**
 * Runs a command and ends the process, whatever pools are open; a `process.exitCode` that it set holds. Arguments are checked before `loadInstallation`, so
 * that misuse is told everywhere.
 * Failures are told in one line on stderr; the stack only with LOG_LEVEL=debug.
 */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  let code = 0;
  try {
    await run();
  } catch (error) {
    code = error instanceof Misuse ? 2 : 1;
    process.stderr.write(`${tell(error)}\n`);
  }
  // An empty write ends after those before it: what was printed into a pipe must not be cut off.
  process.stdout.write('', () => process.exit(code || process.exitCode));
}

function tell(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (process.env.LOG_LEVEL === 'debug') return error.stack ?? error.message;
  // A refused connection to several addresses has its words in the parts only.
  if (error instanceof AggregateError) return error.errors.map(tell).join('; ');
  return error.message;
}
