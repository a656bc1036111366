/** Errors in Stripe's shape. https://docs.stripe.com/api/errors */
export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error' | 'rate_limit_error';
  code?: string;
  decline_code?: string;
  advice_code?: string;
  network_decline_code?: string;
  message: string;
  param?: string;
  payment_intent?: unknown;
  payment_method?: unknown;
}

export class StripeError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    /**
     * The endpoint began to execute: such an answer is kept under an idempotency key and bears `stripe-should-retry: false`
     * (stripe.md F10, G3).
     */
    readonly executed = true,
    /** Headers that come with this refusal alone. */
    readonly headers: Record<string, string> = {},
  ) {
    super(body.message);
  }
}

/**
 * A 400. One that names a parameter is a refusal at validation; one that names none (no payment source, a state that does not
 * allow it) was executed: so in Stripe's recorded answers (stripe.md F10, G3).
 */
export function invalid(message: string, param?: string, code?: string): StripeError {
  return new StripeError(
    400,
    {
      type: 'invalid_request_error',
      message,
      ...(param ? { param } : {}),
      ...(code ? { code } : {}),
    },
    param === undefined,
  );
}

/** A parameter that must be there is not. */
export function lacking(param: string): StripeError {
  return invalid(`Missing required param: ${param}.`, param, 'parameter_missing');
}

/** Two parameters that exclude each other. */
export function either(one: string, other: string, param: string): StripeError {
  return invalid(`You may only specify one of these parameters: ${one}, ${other}.`, param);
}

export function malformed(message: string, param: string | undefined, code?: string): StripeError {
  return new StripeError(
    400,
    { type: 'invalid_request_error', message, ...(param ? { param } : {}), ...(code ? { code } : {}) },
    false,
  );
}

export function missing(kind: string, id: string, param = 'id'): StripeError {
  return new StripeError(
    param === 'id' ? 404 : 400,
    { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${kind}: '${id}'`, param },
    false,
  );
}

export function cardError(
  decline: {
    code: string;
    decline_code?: string;
    advice_code?: string;
    network_decline_code?: string;
    message: string;
  },
  extra: { payment_intent?: unknown; payment_method?: unknown; param?: string } = {},
): StripeError {
  return new StripeError(402, {
    type: 'card_error',
    ...decline,
    ...extra,
  });
}
