/** Integer minor units with the ISO currency they are in. */
export type Money = { amount: number; currency: string };

/** Rounds a ratio half to even, so that many small roundings do not lean one way. */
export function divideHalfEven(amount: number, divisor: number): number {
  const quotient = Math.floor(amount / divisor);
  const twice = (amount - quotient * divisor) * 2;
  if (twice < divisor) return quotient;
  if (twice > divisor) return quotient + 1;
  return quotient % 2 === 0 ? quotient : quotient + 1;
}

/** A price per interval as revenue per month (yearly ÷ 12, half-even). */
export function monthly(amount: number, interval: 'month' | 'year', count = 1): number {
  return divideHalfEven(amount, (interval === 'year' ? 12 : 1) * count);
}
