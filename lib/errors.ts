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
export class NotFound extends DomainError {
  constructor(what: string, name?: string) {
    super('not_found', 'not_found', { what, ...(name === undefined ? {} : { name }) });
  }
}

/** 403. */
export class Forbidden extends DomainError {
  constructor(details: Record<string, unknown> = {}) {
    super('forbidden', 'forbidden', details);
  }
}

/** 401. */
export class Unauthenticated extends DomainError {
  constructor() {
    super('unauthenticated', 'unauthenticated');
  }
}

/** 409: the same idempotency key with another body. */
export class IdempotencyConflict extends DomainError {
  constructor() {
    super('conflict', 'idempotency_conflict');
  }
}
