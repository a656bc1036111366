import { describe, expect, test } from 'vitest';
import { formatFor } from './i18n/format';
import { decimalsOf, parsePrice, priceProblem, writePrice } from './money';

describe('a price as it is typed', () => {
  test.each([
    ['99', 'EUR', 9900],
    ['99.5', 'EUR', 9950],
    [' 99,50 ', 'EUR', 9950],
    ['0', 'EUR', 0],
    ['19.99', 'EUR', 1999],
    ['500', 'JPY', 500],
    ['1.25', 'KWD', 1250],
    ['787401.56', 'EUR', 78_740_156],
    ['0.50', 'EUR', 50],
  ])('%s %s is %d', (text, currency, amount) => {
    expect(parsePrice(text, currency)).toBe(amount);
  });

  test.each([
    ['', 'EUR', 'amount'],
    ['ten', 'EUR', 'amount'],
    ['1e3', 'EUR', 'amount'],
    ['1,000.00', 'EUR', 'amount'],
    ['1.234', 'EUR', 'amount'],
    ['.5', 'EUR', 'amount'],
    ['-1', 'EUR', 'number_too_small'],
    ['5.00', 'JPY', 'amount_whole'],
    ['1.234', 'KWD', 'amount'],
    ['787401.57', 'EUR', 'number_too_big'],
    ['0.49', 'EUR', 'below_minimum'],
    ['0.30', 'USD', 'below_minimum'],
    ['49', 'JPY', 'below_minimum'],
    ['99999999999999999999', 'EUR', 'number_too_big'],
  ])('%s %s is none: %s', (text, currency, rule) => {
    expect(parsePrice(text, currency)).toBe(rule);
  });

  test('is written back as it can be read, in every currency', () => {
    for (const currency of ['EUR', 'JPY', 'KWD', 'CHF', 'HUF']) {
      expect(parsePrice(writePrice(123_450, currency), currency)).toBe(123_450);
    }
  });

  test('fractions of a minor unit are no price', () => {
    expect(priceProblem(1.5, 'EUR')).toBe('amount');
    expect(priceProblem(Number.NaN, 'EUR')).toBe('amount');
  });
});

test('what a currency is counted in is what the pages show', () => {
  for (const currency of ['EUR', 'USD', 'JPY', 'KRW', 'KWD', 'HUF', 'TWD', 'CLP', 'XOF']) {
    const shown = formatFor('en').money(10 ** (decimalsOf(currency) ?? 9), currency);
    expect(Number(shown.replace(/[^\d.]/g, '')), currency).toBe(1);
  }
  expect(decimalsOf('XYZ')).toBeNull();
  expect(decimalsOf('eur')).toBeNull();
});
