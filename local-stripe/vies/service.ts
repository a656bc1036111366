/** `/taxation_customs/vies/rest-api`: VIES's own paths, fields and refusals. Numbers of comments are those of docs/vies.md. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Asked, check, type Outcome, refuseInput, TEST_NUMBERS, TRADER, UNTOLD } from './answers';
import type { Requests } from './requests';
import { MEMBER_STATES, type State } from './state';

/** As on ec.europa.eu, so that `VIES_URL` ends alike (vies.md 1). */
export const BASE = '/taxation_customs/vies/rest-api';

export interface Answer {
  status: number;
  type: 'application/json' | 'text/html; charset=utf-8';
  body: string;
}

export interface Came {
  method: string;
  /** Behind `BASE`. */
  path: string;
  query: URLSearchParams;
  body: string;
  /** Aborted when the caller hangs up. */
  left: AbortSignal;
}

/** vies.md 2 */
const request = z.object({
  countryCode: z.string().nullish(),
  vatNumber: z.string().nullish(),
  requesterMemberStateCode: z.string().nullish(),
  requesterNumber: z.string().nullish(),
  ...Object.fromEntries(TRADER.map((field) => [field, z.string().nullish()])),
});
type Request = z.output<typeof request>;

const json = (body: unknown, status = 200): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});
/** vies.md 8: most errors are answered with 200, and without words. */
const refused = (error: string, status = 200): Answer =>
  json({ actionSucceed: false, errorWrappers: [{ error }] }, status);
/** vies.md 17: made up, as nobody has kept one. */
const DOWN: Answer = {
  status: 503,
  type: 'text/html; charset=utf-8',
  body: '<!doctype html><title>Service unavailable</title><h1>The service is temporarily unavailable</h1>',
};
const SERVICE_ERRORS = {
  service_unavailable: 'SERVICE_UNAVAILABLE',
  timeout: 'TIMEOUT',
  busy: 'GLOBAL_MAX_CONCURRENT_REQ',
  blocked: 'IP_BLOCKED',
};

/** `now`: business time, in milliseconds. */
export class Service {
  constructor(
    private readonly state: State,
    private readonly requests: Requests,
    private readonly now: () => number,
  ) {}

  /** Null when the caller hung up before there was an answer. */
  async answer(came: Came): Promise<Answer | null> {
    const { settings } = this.state;
    const single = /^\/ms\/([^/]+)\/vat\/([^/]+)$/.exec(came.path);
    if (came.method === 'GET' && single) {
      const [, countryCode, vatNumber] = single.map(decodeURIComponent);
      const asked = { ...Object.fromEntries(came.query), countryCode, vatNumber };
      return this.checked(came, asked, (outcome) => this.asPage(asked, outcome));
    }
    if (came.method === 'POST' && came.path === '/check-vat-number') {
      const asked = parse(came.body);
      // vies.md 10
      if (!asked) return settings.service === 'html_503' ? DOWN : refused('VOW-ERR-1', 500);
      if (!asked.requesterMemberStateCode !== !asked.requesterNumber && settings.service === 'up')
        return refused('VOW-ERR-11', 400);
      return this.checked(came, asked, (outcome) => this.asResult(asked, outcome));
    }
    if (settings.service === 'html_503') return DOWN;
    if (came.method === 'GET' && came.path === '/check-status') return json(this.status());
    if (came.method === 'POST' && came.path === '/check-vat-test-service')
      return this.tested(parse(came.body));
    return json({ status: 404, error: 'Not Found' }, 404);
  }

  private async checked(
    came: Came,
    given: Request,
    show: (outcome: Outcome) => Answer,
  ): Promise<Answer | null> {
    const { settings } = this.state;
    const asked = askedBy(given);
    const { country, number, requester } = asked;
    const turn = this.requests.begin({
      at: new Date(this.now()).toISOString(),
      path: came.path,
      country,
      number,
      requester: requester && requester.country + requester.number,
    });
    const end = (outcome: Outcome): Answer => {
      turn.end(outcome.error ?? (outcome.valid ? 'valid' : 'invalid'));
      return show(outcome);
    };
    const left = () => {
      turn.end('left');
      return null;
    };
    if (settings.service === 'silent') {
      await until(came.left);
      return left();
    }
    if (settings.at_once !== null && turn.atOnceInAll > settings.at_once)
      return end({ error: 'GLOBAL_MAX_CONCURRENT_REQ' });
    const perState = settings.at_once_per_member_state;
    if (perState !== null && turn.atOnce > perState) return end({ error: 'MS_MAX_CONCURRENT_REQ' });
    const wait = settings.slow_ms + (settings.slow_member_states[country] ?? 0);
    if (wait > 0) await Promise.race([sleep(wait), until(came.left)]);
    if (came.left.aborted) return left();
    // What is switched while it waits counts: the register is asked last.
    const { service } = this.state.settings;
    if (service === 'html_503') {
      turn.end(service);
      return DOWN;
    }
    if (service !== 'up' && service !== 'silent') return end({ error: SERVICE_ERRORS[service] });
    const wrong = refuseInput(this.state, asked);
    return end(wrong ? { error: wrong } : check(this.state, asked));
  }

  /** vies.md 3, 4 */
  private asResult(given: Request, outcome: Outcome): Answer {
    if (outcome.error !== null) return refused(outcome.error);
    const { valid, name, address, consultation, matches } = outcome;
    const trader = (field: (typeof TRADER)[number]) => [
      field,
      (given as Record<string, unknown>)[field] ?? null,
    ];
    return json({
      countryCode: given.countryCode,
      vatNumber: given.vatNumber,
      requestDate: new Date(this.now()).toISOString(),
      valid,
      requestIdentifier: consultation,
      name,
      address,
      ...Object.fromEntries(TRADER.map(trader)),
      traderName: (given as Record<string, unknown>).traderName ?? UNTOLD,
      ...Object.fromEntries(TRADER.map((field) => [`${field}Match`, matches[field]])),
    });
  }

  /** vies.md 13: the other path says `isValid: false` of an error too; only `userError: INVALID` is a verdict. */
  private asPage(given: Request, outcome: Outcome): Answer {
    const known =
      outcome.error === null ? outcome : { valid: false, name: UNTOLD, address: UNTOLD, consultation: '' };
    return json({
      isValid: known.valid,
      requestDate: new Date(this.now()).toISOString(),
      userError: outcome.error ?? (known.valid ? 'VALID' : 'INVALID'),
      name: known.name,
      address: known.address,
      requestIdentifier: known.consultation,
      originalVatNumber: given.vatNumber,
      vatNumber: given.vatNumber,
      viesApproximate: {
        name: UNTOLD,
        street: UNTOLD,
        postalCode: UNTOLD,
        city: UNTOLD,
        companyType: UNTOLD,
        matchName: 3,
        matchStreet: 3,
        matchPostalCode: 3,
        matchCity: 3,
        matchCompanyType: 3,
      },
    });
  }

  /** vies.md 14 */
  private status() {
    const { service, member_states: states } = this.state.settings;
    return {
      vow: { available: service === 'up' },
      countries: MEMBER_STATES.map((countryCode) => ({
        countryCode,
        availability: states[countryCode] === 'down' ? 'Unavailable' : 'Available',
      })),
    };
  }

  /** vies.md 15 */
  private tested(given: Request | null): Answer {
    if (!given) return refused('VOW-ERR-1', 500);
    const { countryCode, vatNumber } = given;
    const valid = vatNumber === '100';
    if (!valid && vatNumber !== '200') return refused(TEST_NUMBERS[vatNumber ?? ''] ?? 'SERVICE_UNAVAILABLE');
    return json({
      countryCode,
      vatNumber,
      requestDate: new Date(this.now()).toISOString(),
      valid,
      requestIdentifier: '',
      name: valid ? 'John Doe' : UNTOLD,
      address: valid ? '123 Main St, Anytown, UK' : UNTOLD,
    });
  }
}

function parse(body: string): Request | null {
  try {
    return request.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

function askedBy(given: Request): Asked {
  const { countryCode, vatNumber, requesterMemberStateCode: country, requesterNumber: number } = given;
  const trader = Object.entries(given).filter(([field, value]) => field.startsWith('trader') && value);
  return {
    country: (countryCode ?? '').toUpperCase(),
    number: vatNumber ?? '',
    requester: country && number ? { country: country.toUpperCase(), number: number.toUpperCase() } : null,
    trader: Object.fromEntries(trader),
  };
}

const until = (left: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (left.aborted) resolve();
    else left.addEventListener('abort', () => resolve(), { once: true });
  });
