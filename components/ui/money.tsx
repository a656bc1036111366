import { useFormat } from './format';

/** An amount in minor units, in the viewer's locale. `short` drops ".00". */
export function Money({
  amount,
  currency,
  short = false,
}: {
  amount: number;
  currency: string;
  short?: boolean;
}) {
  return useFormat().money(amount, currency, short ? 'short' : 'full');
}
