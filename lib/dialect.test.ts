import { expect, test } from 'vitest';
import { snakeKey, toCamel, toSnake } from './dialect';

test('keys are said otherwise, values and codes never', () => {
  const at = new Date('2026-11-21T12:00:00Z');
  const ours = {
    newLimit: 5,
    byStatus: { past_due: 1 },
    steps: [{ textKey: 'max_products' }],
    endedAt: at,
    last4: '4242',
  };
  const theirs = {
    new_limit: 5,
    by_status: { past_due: 1 },
    steps: [{ text_key: 'max_products' }],
    ended_at: at,
    last4: '4242',
  };
  expect(toSnake(ours)).toEqual(theirs);
  expect(toSnake(toSnake(ours))).toEqual(theirs);
  expect(toCamel({ feature_code: 'max_products', prices: [{ unit_amount: 1 }] })).toEqual({
    featureCode: 'max_products',
    prices: [{ unitAmount: 1 }],
  });
});

test('a path is said key by key, the name of a header as it is', () => {
  expect(snakeKey('prices[1].unitAmount')).toBe('prices[1].unit_amount');
  expect(snakeKey('Idempotency-Key')).toBe('Idempotency-Key');
});
