import { z } from 'zod';
import { DomainError } from './errors';

/** What went wrong as a row keeps it: a code and its facts. Words are made where it is shown (lib/i18n/translate-error). */
export type Failure = { errorCode: string; errorDetails: Record<string, unknown> };

const MOST = 2000;

/** Any error as a row keeps it. What we have no code for is `unexpected`, with its own message. Pure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DomainError) {
    const cause = error.cause instanceof Error ? { cause: error.cause.message.slice(0, MOST) } : {};
    return { errorCode: error.code, errorDetails: { ...error.details, ...cause } };
  }
  if (error instanceof z.ZodError)
    return { errorCode: 'unknown_shape', errorDetails: { message: z.prettifyError(error).slice(0, MOST) } };
  const words = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return { errorCode: 'unexpected', errorDetails: { message: `${words}${cause}`.slice(0, MOST) } };
}
