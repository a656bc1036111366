import { expect, test } from 'vitest';
import { failureWord } from './failure-words';

test('decline codes with advice of their own keep it, the rest are declines', () => {
  expect(failureWord('insufficient_funds')).toBe('insufficient_funds');
  expect(failureWord('payment_intent_authentication_failure')).toBe('authentication_required');
  expect(failureWord('generic_decline')).toBe('card_declined');
  expect(failureWord('stolen_card')).toBe('card_declined');
  expect(failureWord(null)).toBe('unknown');
});
