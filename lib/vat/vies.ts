import { z } from 'zod';
import { log } from '@/lib/log';
import { storable, storableJson } from '@/lib/storable';

/** The EU's own service. https://ec.europa.eu/taxation_customs/vies/#/technical-information */
const OFFICIAL = 'https://ec.europa.eu/taxation_customs/vies/rest-api';

/** Where to ask, and our own number: with it VIES gives a consultation number, which proves that we asked. */
export type Vies = { url?: string; ownNumber?: string; timeoutMs?: number };

/** What VIES answered. No answer is not a "no": `unavailable` says nothing of the number. */
export type ViesAnswer =
  | {
      verdict: 'valid' | 'invalid';
      consultationNumber: string | null;
      name: string | null;
      address: string | null;
      raw: Record<string, unknown>;
    }
  | { verdict: 'unavailable'; code: string };

/** VIES writes dashes where a member state tells no name or address. What no row can hold is left out. */
const told = z
  .string()
  .nullish()
  .transform((text) => storable(text ?? ''))
  .transform((text) => (/^[-\s]*$/.test(text) ? null : text.trim()));

const code = z.string().transform(storable);

const answerShape = z.looseObject({
  countryCode: z.string().nullish(),
  vatNumber: z.string().nullish(),
  valid: z.boolean(),
  userError: code.nullish(),
  requestIdentifier: told,
  name: told,
  address: told,
});
const refusalShape = z.looseObject({ errorWrappers: z.array(z.looseObject({ error: code })).min(1) });

/** Words beside `valid: false` that are an answer about the number; every other is about VIES (a member state that is down). */
const ANSWERS = new Set(['VALID', 'INVALID']);

/**
 * Asks VIES once whether a number, as `readVatNumber` gives it, is valid. Never throws: whatever is not a clear yes or no
 * about this very number is `unavailable`, with VIES's code for why (`MS_UNAVAILABLE`, `MS_MAX_CONCURRENT_REQ`, …) or one of ours
 * (`network`, `timeout`, `unreadable`, `other_number`). A proof's `raw` is the answer as it came, with what no row can hold
 * written out (`\u0000`). POST /check-vat-number.
 */
export async function askVies(vies: Vies, number: string): Promise<ViesAnswer> {
  const [countryCode, vatNumber] = split(number);
  const [requesterMemberStateCode, requesterNumber] = split(vies.ownNumber ?? '');
  const asked = {
    countryCode,
    vatNumber,
    ...(requesterNumber ? { requesterMemberStateCode, requesterNumber } : {}),
  };
  let body: unknown;
  try {
    const response = await fetch(`${(vies.url ?? OFFICIAL).replace(/\/+$/, '')}/check-vat-number`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(asked),
      signal: AbortSignal.timeout(vies.timeoutMs ?? 20_000),
    });
    body = await response.json();
  } catch (error) {
    const { name } = error as Error;
    const code = name === 'TimeoutError' ? 'timeout' : name === 'SyntaxError' ? 'unreadable' : 'network';
    log.warn({ err: error, country: countryCode }, 'VIES did not answer');
    return { verdict: 'unavailable', code };
  }
  return readAnswer(body, asked);
}

/** What a body says about the number that was asked for. Pure. */
export function readAnswer(body: unknown, asked: { countryCode: string; vatNumber: string }): ViesAnswer {
  const refusal = refusalShape.safeParse(body);
  if (refusal.success)
    return { verdict: 'unavailable', code: refusal.data.errorWrappers[0]?.error ?? 'unreadable' };
  const read = answerShape.safeParse(body);
  if (!read.success) return { verdict: 'unavailable', code: 'unreadable' };
  const { valid, userError, requestIdentifier, name, address } = read.data;
  if (userError && !ANSWERS.has(userError)) return { verdict: 'unavailable', code: userError };
  const about = { countryCode: read.data.countryCode, vatNumber: read.data.vatNumber };
  const isOther =
    (about.countryCode && about.countryCode !== asked.countryCode) ||
    (about.vatNumber && about.vatNumber !== asked.vatNumber);
  if (isOther) return { verdict: 'unavailable', code: 'other_number' };
  return {
    verdict: valid ? 'valid' : 'invalid',
    consultationNumber: requestIdentifier,
    name,
    address,
    raw: storableJson(body as Record<string, unknown>),
  };
}

const split = (number: string): [string, string] => [number.slice(0, 2), number.slice(2)];
