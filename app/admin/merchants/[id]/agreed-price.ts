import { invalid } from '@/lib/errors';
import { parsePrice } from '@/lib/money';

/** A price as typed (750 or 750.00) in minor units of its currency; nothing is no price. @throws ValidationFailed on `price` */
export function readPrice(text: string, currency: string): number {
  const amount = parsePrice(text, currency);
  if (amount === 0) throw invalid('price', 'number_too_small', 'is nothing: give the plan instead');
  if (typeof amount === 'string') throw invalid('price', amount, 'is not a price');
  return amount;
}
