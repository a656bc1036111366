import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askVies, readAnswer } from './vies';

const ASKED = { countryCode: 'DE', vatNumber: '136695976' };
const YES = {
  ...ASKED,
  requestDate: '2026-11-28T10:00:00.000Z',
  valid: true,
  requestIdentifier: 'WAPIAAAAZabc',
  name: 'Muster GmbH',
  address: 'Ring 1\n10115 BERLIN',
};

describe('what VIES answers', () => {
  test('a yes, with its consultation number, name and address', () => {
    expect(readAnswer(YES, ASKED)).toEqual({
      verdict: 'valid',
      consultationNumber: 'WAPIAAAAZabc',
      name: 'Muster GmbH',
      address: 'Ring 1\n10115 BERLIN',
      raw: YES,
    });
  });

  test('a no, and dashes where nothing is told', () => {
    const no = { ...ASKED, valid: false, requestIdentifier: '', name: '---', address: '---' };
    expect(readAnswer(no, ASKED)).toMatchObject({
      verdict: 'invalid',
      consultationNumber: null,
      name: null,
      address: null,
    });
  });

  test('what no row can hold is left out of what is told, and written out in the proof', () => {
    const odd = { ...YES, requestIdentifier: 'W\0', name: 'Muster\0 GmbH\ud800', address: '\0-\udc00--' };
    expect(readAnswer(odd, ASKED)).toMatchObject({
      verdict: 'valid',
      consultationNumber: 'W',
      name: 'Muster GmbH',
      address: null,
      raw: { name: 'Muster\\u0000 GmbH\\ud800', address: '\\u0000-\\udc00--' },
    });
    const refusal = { errorWrappers: [{ error: 'MS_\0DOWN' }] };
    expect(readAnswer(refusal, ASKED)).toEqual({ verdict: 'unavailable', code: 'MS_DOWN' });
  });

  test.each([
    [{ actionSucceed: false, errorWrappers: [{ error: 'MS_UNAVAILABLE' }] }, 'MS_UNAVAILABLE'],
    [{ actionSucceed: false, errorWrappers: [{ error: 'MS_MAX_CONCURRENT_REQ' }] }, 'MS_MAX_CONCURRENT_REQ'],
    [{ ...YES, valid: false, userError: 'SERVICE_UNAVAILABLE' }, 'SERVICE_UNAVAILABLE'],
    [{ ...YES, valid: false, userError: 'INVALID_INPUT' }, 'INVALID_INPUT'],
    [{ ...YES, vatNumber: '999999999' }, 'other_number'],
    [{ ...YES, countryCode: 'FR' }, 'other_number'],
    [{}, 'unreadable'],
    ['<html>', 'unreadable'],
    [null, 'unreadable'],
  ])('%j is no answer about the number', (body, code) => {
    expect(readAnswer(body, ASKED)).toEqual({ verdict: 'unavailable', code });
  });
});

describe('asking VIES', () => {
  let server: Server;
  let url = '';
  let heard: { path?: string; body: unknown }[] = [];
  let answer: { status: number; body: string; afterMs?: number };
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        heard.push({ path: request.url, body: JSON.parse(text) });
        setTimeout(() => response.writeHead(answer.status).end(answer.body), answer.afterMs ?? 0);
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/rest-api/`;
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  test('names us, so that there is a consultation number', async () => {
    heard = [];
    answer = { status: 200, body: JSON.stringify(YES) };
    const vies = { url, ownNumber: 'LU26375245' };
    expect(await askVies(vies, 'DE136695976')).toMatchObject({ verdict: 'valid' });
    expect(heard).toEqual([
      {
        path: '/rest-api/check-vat-number',
        body: { ...ASKED, requesterMemberStateCode: 'LU', requesterNumber: '26375245' },
      },
    ]);
  });

  test('without a number of our own asks all the same', async () => {
    heard = [];
    answer = { status: 200, body: JSON.stringify(YES) };
    await askVies({ url }, 'DE136695976');
    expect(heard[0]?.body).toEqual(ASKED);
  });

  test.each([
    [{ status: 503, body: 'Service Unavailable' }, 'unreadable'],
    [{ status: 500, body: '{"actionSucceed":false,"errorWrappers":[{"error":"IP_BLOCKED"}]}' }, 'IP_BLOCKED'],
    [{ status: 200, body: JSON.stringify(YES), afterMs: 400 }, 'timeout'],
  ])('a service that fails is not a "no": %j', async (failing, code) => {
    answer = failing;
    expect(await askVies({ url, timeoutMs: 150 }, 'DE136695976')).toEqual({ verdict: 'unavailable', code });
  });

  test('a service that is not there is not a "no"', async () => {
    const nowhere = { url: 'http://127.0.0.1:1' };
    expect(await askVies(nowhere, 'DE136695976')).toEqual({ verdict: 'unavailable', code: 'network' });
  });
});
