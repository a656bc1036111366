import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isVatForm } from '../records/vat-forms';
import { firstEntries, SELLER } from './register';
import { type RunningVies, startLocalVies } from './server';
import { MEMBER_STATES } from './state';

const NOW = Date.UTC(2026, 2, 1, 9, 30, 0, 250);
let vies: RunningVies;
beforeEach(async () => {
  vies = await startLocalVies({ now: () => NOW });
});
afterEach(() => vies.close());

type Body = Record<string, unknown>;
async function post(path: string, body: unknown, signal?: AbortSignal) {
  const response = await fetch(vies.base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: signal ?? null,
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, body: (json ? JSON.parse(text) : { text }) as Body };
}
const check = (number: string, more: object = {}) =>
  post('/check-vat-number', { countryCode: number.slice(0, 2), vatNumber: number.slice(2), ...more });
const withSeller = { requesterMemberStateCode: 'LU', requesterNumber: SELLER.slice(2) };
async function local<T = Body>(path: string, body?: unknown, method = body ? 'POST' : 'GET'): Promise<T> {
  const init = body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {};
  const response = await fetch(`${vies.url}/_local/${path}`, { method, ...init });
  return (await response.json()) as T;
}
const error = (code: string) => ({
  status: 200,
  body: { actionSucceed: false, errorWrappers: [{ error: code }] },
});

describe('a verdict', () => {
  test('a registered number: name, address, the moment by business time, no consultation number for nobody', async () => {
    const { status, body } = await check('ATU73127396');
    expect(status).toBe(200);
    expect(body).toEqual({
      countryCode: 'AT',
      vatNumber: 'U73127396',
      requestDate: '2026-03-01T09:30:00.250Z',
      valid: true,
      requestIdentifier: '',
      name: 'Alpenrand Handels GmbH',
      address: 'Lindengasse 4\nAT-1070 Wien',
      traderName: '---',
      traderStreet: null,
      traderPostalCode: null,
      traderCity: null,
      traderCompanyType: null,
      traderNameMatch: 'NOT_PROCESSED',
      traderStreetMatch: 'NOT_PROCESSED',
      traderPostalCodeMatch: 'NOT_PROCESSED',
      traderCityMatch: 'NOT_PROCESSED',
      traderCompanyTypeMatch: 'NOT_PROCESSED',
    });
  });

  test('one that nobody registered is invalid, with 200 and nothing told', async () => {
    const { status, body } = await check('ATU73127403', withSeller);
    expect(status).toBe(200);
    expect(body).toMatchObject({ valid: false, name: '---', address: '---', requestIdentifier: '' });
    await local('settings', { consultation_for_invalid: true });
    expect((await check('ATU73127403', withSeller)).body.requestIdentifier).toMatch(/^WAPIAAAA\w{8}$/);
  });

  test('with our own number each check has a consultation number of its own', async () => {
    const first = (await check('FRAB831240429', withSeller)).body.requestIdentifier;
    const second = (await check('FRAB831240429', withSeller)).body.requestIdentifier;
    expect(first).toMatch(/^WAPIAAAA\w{8}$/);
    expect(second).not.toBe(first);
  });

  test('Germany and Spain tell no names; Spain says whether those that are given match', async () => {
    expect((await check('DE312473943')).body).toMatchObject({ valid: true, name: '---', address: '---' });
    const asked = { traderName: 'Naranjo y Vega, S.L.', traderCity: 'Bilbao' };
    expect((await check('ESB83127399', asked)).body).toMatchObject({
      valid: true,
      name: '---',
      traderName: 'Naranjo y Vega, S.L.',
      traderNameMatch: 'VALID',
      traderCityMatch: 'INVALID',
      traderStreetMatch: 'NOT_PROCESSED',
    });
    expect((await check('CZ27317404', asked)).body.traderNameMatch).toBe('NOT_PROCESSED');
  });

  test('the other path says isValid: false of an outage too; only userError tells', async () => {
    const get = async (path: string) => (await fetch(vies.base + path)).json();
    expect(await get('/ms/EL/vat/800373943')).toMatchObject({ isValid: true, userError: 'VALID' });
    expect(await get('/ms/EL/vat/800373955')).toMatchObject({ isValid: false, userError: 'INVALID' });
    await local('settings', { member_states: { EL: 'down' } });
    expect(await get('/ms/EL/vat/800373943')).toMatchObject({ isValid: false, userError: 'MS_UNAVAILABLE' });
  });

  test('the registers know every member state, each number in its form', () => {
    const numbers = Object.keys(firstEntries());
    expect(numbers.filter((number) => !isVatForm(number))).toEqual([]);
    expect(MEMBER_STATES.filter((code) => !numbers.some((number) => number.startsWith(code)))).toEqual([]);
    expect(numbers).toContain(SELLER);
  });
});

describe('a refusal', () => {
  test.each(['GR800373943', 'GB312473976', 'DE', 'DE1', 'DE312 473 943', 'DE3124739431234'])(
    '%s is no input',
    async (number) => {
      expect(await check(number)).toEqual(error('INVALID_INPUT'));
    },
  );

  test('a requester that no register knows, or with its country before it', async () => {
    const asked = { requesterMemberStateCode: 'LU', requesterNumber: '12345678' };
    expect(await check('DE312473943', asked)).toEqual(error('INVALID_REQUESTER_INFO'));
    const prefixed = { ...asked, requesterNumber: SELLER };
    expect(await check('DE312473943', prefixed)).toEqual(error('INVALID_REQUESTER_INFO'));
    await local('settings', { unknown_requester: 'INVALID_INPUT' });
    expect(await check('DE312473943', asked)).toEqual(error('INVALID_INPUT'));
  });

  test('half a requester is 400, no JSON 500', async () => {
    expect(await check('DE312473943', { requesterMemberStateCode: 'LU' })).toEqual({
      ...error('VOW-ERR-11'),
      status: 400,
    });
    expect(await post('/check-vat-number', '{')).toEqual({ ...error('VOW-ERR-1'), status: 500 });
  });

  test('the test service answers each of its numbers', async () => {
    const answers = await Promise.all(
      ['100', '200', '201', '301', '601', '999'].map((vatNumber) =>
        post('/check-vat-test-service', { countryCode: 'DE', vatNumber }),
      ),
    );
    expect(answers.map(({ body }) => body.valid ?? (body.errorWrappers as [Body])[0].error)).toEqual([
      true,
      false,
      'INVALID_INPUT',
      'MS_UNAVAILABLE',
      'MS_MAX_CONCURRENT_REQ_TIME',
      'SERVICE_UNAVAILABLE',
    ]);
  });
});

describe('what is switched', () => {
  test('a verdict, and back', async () => {
    await local('numbers', { number: 'DE 312473943', verdict: 'invalid' });
    expect((await check('DE312473943')).body.valid).toBe(false);
    await local('numbers', { number: 'DE312473943', verdict: 'valid' });
    expect((await check('DE312473943')).body.valid).toBe(true);
    await local('numbers', { number: 'DE312473943', verdict: 'blocked' });
    expect(await check('DE312473943')).toEqual(error('VAT_BLOCKED'));
    await local('numbers/DE312473943', undefined, 'DELETE');
    expect((await check('DE312473943')).body.valid).toBe(false);
    const added = { number: 'NL001273942B12', verdict: 'valid', name: 'NIEUW B.V.', address: 'PLEIN 1' };
    await local('numbers', added);
    expect((await check('NL001273942B12')).body).toMatchObject({ valid: true, name: 'NIEUW B.V.' });
  });

  test('a member state: down, out of time, busy; the others answer', async () => {
    await local('settings', { member_states: { DE: 'down', FR: 'timeout', IT: 'busy' } });
    expect(await check('DE312473943')).toEqual(error('MS_UNAVAILABLE'));
    expect(await check('FRAB831240429')).toEqual(error('TIMEOUT'));
    expect(await check('IT08312408886')).toEqual(error('MS_MAX_CONCURRENT_REQ'));
    expect((await check('ATU73127396')).body.valid).toBe(true);
    const status = (await (await fetch(`${vies.base}/check-status`)).json()) as {
      vow: Body;
      countries: Body[];
    };
    expect(status.vow).toEqual({ available: true });
    expect(status.countries.filter((one) => one.availability !== 'Available')).toEqual([
      { countryCode: 'DE', availability: 'Unavailable' },
    ]);
    expect(await local('settings', { member_states: { DE: 'up' } })).toMatchObject({
      member_states: { FR: 'timeout', IT: 'busy' },
    });
  });

  test.each([
    ['service_unavailable', 'SERVICE_UNAVAILABLE'],
    ['timeout', 'TIMEOUT'],
    ['busy', 'GLOBAL_MAX_CONCURRENT_REQ'],
    ['blocked', 'IP_BLOCKED'],
  ])('the service: %s', async (service, code) => {
    await local('settings', { service });
    expect(await check('ATU73127396')).toEqual(error(code));
  });

  test('the service down behind its door: 503 and a page, on every path', async () => {
    await local('settings', { service: 'html_503' });
    expect(await check('ATU73127396')).toMatchObject({
      status: 503,
      body: { text: expect.stringContaining('<') },
    });
    expect((await fetch(`${vies.base}/check-status`)).status).toBe(503);
  });

  test('the service silent: who does not wait is told of as one who left', async () => {
    await local('settings', { service: 'silent' });
    const asked = { countryCode: 'AT', vatNumber: 'U73127396' };
    await expect(post('/check-vat-number', asked, AbortSignal.timeout(100))).rejects.toThrow();
    await expect.poll(async () => (await local('requests')).running).toBe(0);
    expect(await local('requests')).toMatchObject({ requests: [{ answer: 'left' }] });
  });

  test('what cannot be is refused and names the field', async () => {
    expect(await local('settings', { member_states: { GR: 'down' } })).toMatchObject({
      error: expect.stringContaining('GR'),
    });
    expect(await local('settings', { service: 'lazy' })).toMatchObject({
      error: expect.stringContaining('service'),
    });
  });
});

describe('who asked', () => {
  test('is counted per member state, with how many ran at once', async () => {
    await local('settings', { slow_member_states: { DE: 150 } });
    await Promise.all([check('DE312473943'), check('DE312473951'), check('ATU73127396', withSeller)]);
    await check('DE312473943');
    const told = await local<{ by_country: Record<string, Body>; requests: Body[]; total: number }>(
      'requests',
    );
    expect(told.total).toBe(4);
    expect(told.by_country).toEqual({
      DE: { count: 3, running: 0, most_at_once: 2 },
      AT: { count: 1, running: 0, most_at_once: 1 },
    });
    expect(told.requests.find((one) => one.country === 'AT')).toMatchObject({
      at: '2026-03-01T09:30:00.250Z',
      requester: SELLER,
      answer: 'valid',
    });
    await local('requests', undefined, 'DELETE');
    expect(await local('requests')).toMatchObject({ total: 0, by_country: {}, requests: [] });
  });

  test('one more than allowed at once is refused, the first is not', async () => {
    await local('settings', { slow_ms: 150, at_once_per_member_state: 1 });
    const [first, second, other] = await Promise.all([
      check('DE312473943'),
      check('DE312473951'),
      check('ATU73127396'),
    ]);
    const answers = [first, second].map(({ body }) => body.valid ?? (body.errorWrappers as [Body])[0].error);
    expect(answers.sort()).toEqual(['MS_MAX_CONCURRENT_REQ', true]);
    expect(other.body.valid).toBe(true);
    await local('settings', { at_once: 1, at_once_per_member_state: null });
    const both = await Promise.all([check('DE312473943'), check('ATU73127396')]);
    expect(both.map(({ body }) => body.valid ?? false).sort()).toEqual([false, true]);
  });
});

test('a person switches it on its page', async () => {
  const submit = (path: string, fields: Record<string, string>) =>
    fetch(`${vies.url}/_local/${path}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
    });
  expect(
    (await submit('settings', { 'member_states[DE]': 'down', 'slow_member_states[DE]': '0' })).status,
  ).toBe(303);
  await submit('numbers', { number: 'FI27317411', verdict: 'valid', name: 'Uusi Oy', address: '' });
  await submit('settings', { slow_ms: '5', at_once: '', at_once_per_member_state: '' });
  expect(await check('DE312473943')).toEqual(error('MS_UNAVAILABLE'));
  expect((await check('FI27317411')).body).toMatchObject({ valid: true, name: 'Uusi Oy' });
  const page = await (await fetch(vies.url)).text();
  expect(page).toContain('Uusi Oy');
  expect(page).toContain('MS_UNAVAILABLE');
  await submit('reset', {});
  expect((await check('FI27317411')).body.valid).toBe(false);
});

test('what was switched outlives the process', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'local-vies-'));
  try {
    await vies.close();
    vies = await startLocalVies({ dataDir });
    await local('settings', { service: 'busy' });
    await local('numbers', { number: 'FI27317411', verdict: 'valid' });
    await vies.close();
    expect(existsSync(join(dataDir, 'local-stripe', 'vies.json'))).toBe(true);
    vies = await startLocalVies({ dataDir });
    expect(await local('settings')).toMatchObject({ service: 'busy' });
    expect(await local('numbers')).toHaveProperty('FI27317411');
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
