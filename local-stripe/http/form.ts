/** Stripe's form encoding: `a[b][0][c]=d`, `a[]=x`. Arrays come out as arrays. https://docs.stripe.com/api */
import qs from 'qs';
import { malformed } from '../errors';
import type { JsonObject } from '../types';

/** Throws what Stripe would refuse: bad escapes, names that are no path, more than a request may hold. */
export function decodeForm(text: string): JsonObject {
  // With `a[][b]` nobody can say where the next element begins; the SDKs count them.
  const odd = /(?:^|&)([^=&]*(?:\[\]\[|%5B%5D%5B|__proto__)[^=&]*)/i.exec(text)?.[1];
  if (odd) throw malformed(`Invalid parameter name: ${decode(odd)}`, decode(odd));
  try {
    return qs.parse(text, {
      depth: 12,
      strictDepth: true,
      arrayLimit: 1000,
      parameterLimit: 10_000,
      throwOnLimitExceeded: true,
      duplicates: 'last',
      plainObjects: true,
      decoder: decode,
    }) as JsonObject;
  } catch (error) {
    if (error instanceof RangeError) throw malformed('Too many or too deeply nested parameters.', undefined);
    throw error;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed('Invalid form encoding.', undefined);
  }
}
