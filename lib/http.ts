import { findDatabaseFailure } from './database-failure';
import { snakeKey, toSnake } from './dialect';
import { DomainError, type ErrorKind, ValidationFailed } from './errors';
import { log } from './log';

/** The one map from a refusal to an HTTP status. */
export const statusOf: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  payment_required: 402,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  bad_gateway: 502,
  unavailable: 503,
};

export type ErrorBody = {
  error: { code: string; message: string; details?: Record<string, unknown>; request_id: string };
};

/**
 * The error envelope of the API. A refusal keeps its code and details; anything else is a fault of ours: logged whole,
 * answered as `internal_error` without a word about the inside. A database that is away or too busy is 503 with Retry-After.
 */
export function errorResponse(failure: unknown, requestId: string): Response {
  const error = failure instanceof DomainError ? failure : (findDatabaseFailure(failure) ?? failure);
  if (error instanceof DomainError) {
    const headers = new Headers();
    const wait = error.details.retryAfter;
    if (typeof wait === 'number') headers.set('Retry-After', String(Math.max(1, Math.ceil(wait))));
    if (error.kind === 'unauthenticated') headers.set('WWW-Authenticate', 'Bearer');
    if (error.cause) log.warn({ err: error.cause, code: error.code, requestId }, 'refused after a failure');
    const said = inSnake(error);
    const details = Object.keys(said).length > 0 ? { details: said } : {};
    const body: ErrorBody = {
      error: { code: error.code, message: sentence(error), ...details, request_id: requestId },
    };
    return Response.json(body, { status: statusOf[error.kind], headers });
  }
  log.error({ err: error, requestId }, 'unexpected error');
  const body: ErrorBody = {
    error: { code: 'internal_error', message: 'Something went wrong on our side.', request_id: requestId },
  };
  return Response.json(body, { status: 500 });
}

/** The facts of a refusal as the API says them, the fields that it names too. */
function inSnake(error: DomainError): Record<string, unknown> {
  const { field } = error.details;
  return {
    ...toSnake(error.details),
    ...(typeof field === 'string' ? { field: snakeKey(field) } : {}),
    ...(error instanceof ValidationFailed ? { fields: fieldsOf(error) } : {}),
  };
}

const fieldsOf = ({ fields }: ValidationFailed) =>
  fields.map((one) => ({ ...one, path: snakeKey(one.path) }));

/** Machines read the code; the message is for the person who reads the log. Pages translate the code instead. */
function sentence(error: DomainError): string {
  if (error instanceof ValidationFailed && error.fields.length > 0) {
    return fieldsOf(error)
      .map((one) => `${one.path}: ${one.message}`)
      .join('; ');
  }
  return error.code.replaceAll('_', ' ');
}
