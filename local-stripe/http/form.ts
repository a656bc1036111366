/** Stripe's form encoding: `a[b][0][c]=d`, `a[]=x`. Arrays come out as arrays. https://docs.stripe.com/api */
import qs from 'qs';
import { malformed } from '../errors';
import type { JsonObject } from '../types';

const PATH = /^[^[\]]*(\[[^[\]]*\])*$/;
/** With `a[][b]` nobody can say where the next element begins; the SDKs count them. */
const REFUSED = /\[\]\[|__proto__/;

/** Throws what Stripe would refuse: bad escapes, names that are no path, more than a request may hold. */
export function decodeForm(text: string): JsonObject {
  for (const pair of text.split('&')) {
    const name = decode(pair.split('=', 1)[0] ?? '');
    if (!PATH.test(name) || REFUSED.test(name)) throw malformed(`Invalid parameter name: ${name}`, name);
  }
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
