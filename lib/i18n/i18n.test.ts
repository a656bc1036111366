import { describe, expect, test } from 'vitest';
import { VatDecisionConflict } from '../billing/customers/vat-claim';
import { DomainTaken, FeatureNotInPlan, InvalidDomain, LimitReached } from '../billing/errors';
import { TierInUse } from '../billing/plans/tier-delete';
import { TierHasRole } from '../billing/plans/tier-edit';
import { DomainError, Forbidden } from '../errors';
import { RateLimited } from '../rate-limit';
import { formatFor } from './format';
import { chooseLocale } from './locales';
import { loadMessages } from './messages';
import en from './messages/en';
import { errorTexts } from './translate-error';

describe('the language of a request', () => {
  test('is the person’s setting before cookie and browser', () => {
    expect(chooseLocale({ setting: 'lb', cookie: 'de', acceptLanguage: 'fr' })).toBe('lb');
    expect(chooseLocale({ cookie: 'de', acceptLanguage: 'fr' })).toBe('de');
    expect(chooseLocale({ acceptLanguage: 'es, fr-CH;q=0.9, de;q=0.8' })).toBe('fr');
  });

  test('follows the weights of Accept-Language and skips what is refused', () => {
    expect(chooseLocale({ acceptLanguage: 'fr;q=0, de;q=0.2, en;q=0.1' })).toBe('de');
  });

  test('is English for unknown and senseless values', () => {
    expect(chooseLocale({ setting: 'xx', cookie: '../etc', acceptLanguage: ';;;,q=9' })).toBe('en');
    expect(chooseLocale({})).toBe('en');
  });
});

test('a missing translation shows in English', () => {
  expect(loadMessages('lb').common.appName).toBe(en.common.appName);
});

describe('money and dates', () => {
  test('are written as the language writes them', () => {
    expect(formatFor('en').money(9900, 'EUR')).toBe('€99.00');
    expect(formatFor('en').money(9900, 'EUR', 'short')).toBe('€99');
    expect(formatFor('de').money(123450, 'EUR').replaceAll(/\s/g, ' ')).toBe('1.234,50 €');
    expect(formatFor('en').money(500, 'JPY')).toBe('JP¥500');
    expect(formatFor('en').date('2026-12-01T00:00:00Z', 'day')).toBe('1 December');
  });

  test('do not shift with the time zone of the machine', () => {
    expect(formatFor('en').date('2026-12-31T23:59:59Z')).toBe('31 December 2026');
    expect(formatFor('fr').date('2027-01-01T00:00:00Z')).toBe('1 janvier 2027');
  });
});

describe('a refusal in words', () => {
  const refused = new LimitReached({
    feature: 'max_products',
    limit: 200,
    current: 200,
    requested: 1,
    unlock: [
      { kind: 'release' },
      {
        kind: 'tier',
        code: 'professional',
        name: 'Professional',
        price: { amount: 9900, currency: 'EUR', interval: 'month' },
      },
    ],
  });

  test('names the feature, the numbers and what would help', () => {
    const refusal = errorTexts('en').refusal(refused);
    expect(refusal?.title).toBe('Products: no room left');
    expect(refusal?.text).toContain('200 of 200');
    expect(refusal?.options.map((option) => option.label)).toEqual([
      'Remove something no longer needed',
      'Change to Professional (€99.00 a month)',
    ]);
  });

  test('has no code in it, known or not', () => {
    const texts = errorTexts('en');
    expect(texts.sentence(new Forbidden())).not.toMatch(/_/);
    expect(texts.field({ path: 'x', rule: 'never_heard_of', message: '' })).toBe(en.errors.rules.invalid);
    expect(texts.refusal(new Forbidden())).toBeNull();
  });

  // Each message that says something of its refusal, by a real one: no other values reach it.
  const inTier = { tierCode: 'basic', subscribers: 1 };
  const why = [
    'no_issue',
    'decided',
    'under_way',
    'half_way',
    'not_charged',
    'only_accept',
    'nothing_kept',
  ] as const;
  const saying: DomainError[] = [
    refused,
    new RateLimited(120),
    new InvalidDomain('x y'),
    new DomainTaken('shop.example.com'),
    new FeatureNotInPlan({ feature: 'max_products', limit: 0, current: 0, requested: 1, unlock: [] }),
    ...(['trial', 'fallback', undefined] as const).map((role) => new TierInUse({ ...inTier, role })),
    ...(['trial', 'fallback'] as const).map((role) => new TierHasRole({ tierCode: 'basic', role })),
    ...why.map((reason) => new VatDecisionConflict(reason)),
  ];
  const messages = Object.entries(en.errors).flatMap(([code, said]) =>
    typeof said === 'string' && !code.endsWith('_title') ? [{ code, said }] : [],
  );

  test.each(messages)('$code is a sentence, with what its refusal passes', ({ code, said }) => {
    const own = saying.filter((error) => error.code === code);
    if (said.includes('{')) expect(own, 'a real refusal of this code').not.toEqual([]);
    for (const error of own.length > 0 ? own : [new DomainError('conflict', code)]) {
      const sentence = errorTexts('en').sentence(error);
      expect(sentence).toMatch(/ .*[.?!]$/);
      expect(sentence).not.toMatch(/errors\.|[{}_]|undefined/);
    }
  });

  test('each reason about an invoice without VAT has its own', () => {
    const said = why.map((reason) => errorTexts('en').sentence(new VatDecisionConflict(reason)));
    expect(new Set(said).size).toBe(why.length);
  });
});
