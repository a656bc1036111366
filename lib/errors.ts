/**
 * A refusal that the business knows. `kind` decides the HTTP status (lib/http), `code` is the API's error code and the
 * key of its sentence under `errors.` in the messages, `details` are the facts for both. No English here.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'payment_required'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'rate_limited'
  | 'bad_gateway'
  | 'unavailable';

export class DomainError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    readonly details: Record<string, unknown> = {},
    options?: { cause?: unknown },
  ) {
    super(code, options);
    this.name = 'DomainError';
  }
}

/** The class of one refusal; `details` makes its facts of what the thrower says. */
export const refusal = <Said extends unknown[]>(
  kind: ErrorKind,
  code: string,
  details: (...said: Said) => Record<string, unknown> = () => ({}),
) =>
  class extends DomainError {
    constructor(...said: Said) {
      super(kind, code, details(...said));
    }
  };

/** What is wrong with one field of an input: `path` as the caller wrote it, `rule` a key under `errors.rules.`. */
export type FieldProblem = { path: string; rule: string; message: string };

/** Bad input: names each field. */
export class ValidationFailed extends DomainError {
  constructor(readonly fields: FieldProblem[]) {
    super('invalid', 'validation_failed', { fields });
  }
}

/** The one-field case. */
export function invalid(path: string, rule: string, message: string): ValidationFailed {
  return new ValidationFailed([{ path, rule, message }]);
}

/** 404, saying what was looked for. */
export const NotFound = refusal('not_found', 'not_found', (what: string, name?: string) => ({
  what,
  ...(name === undefined ? {} : { name }),
}));

/** 403. */
export const Forbidden = refusal(
  'forbidden',
  'forbidden',
  (details: Record<string, unknown> = {}) => details,
);

/** 401. */
export const Unauthenticated = refusal('unauthenticated', 'unauthenticated');

/** 409: the same idempotency key with another body. */
export const IdempotencyConflict = refusal('conflict', 'idempotency_conflict');
