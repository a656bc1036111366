import { typedFields } from '../extras-input';

type Row = { currency: string; unit_amount: string; stripe_price_id: string };

/**
 * What was typed into the form of a plan, as the domain's input. Prices stand in rows of one currency; `nameOf` finds the
 * field of what the domain calls `prices[2].currency`.
 */
export function readTier(form: FormData) {
  const fields = typedFields(form);
  const names: Row[] = [];
  const prices: object[] = [];
  for (const row of [...form.keys()].flatMap((key) => /^price_currency_(\d+)$/.exec(key)?.[1] ?? [])) {
    const currency = fields.text(`price_currency_${row}`).toUpperCase();
    const before = prices.length;
    for (const interval of ['month', 'year']) {
      const name = `price_${interval}_${row}`;
      const amount = fields.price(name, currency);
      if (amount === null) continue;
      const id = fields.text(`${name}_id`);
      prices.push({ currency, interval, unit_amount: amount, stripe_price_id: id || null });
      names.push({
        currency: `price_currency_${row}`,
        unit_amount: name,
        stripe_price_id: `${name}_id`,
      });
    }
    // A currency of its own, and nothing to pay in it: one that was there before is taken away by emptying it.
    if (prices.length === before && currency !== '' && !form.has(`price_known_${row}`))
      fields.say(`price_month_${row}`, 'required');
  }
  const input = {
    name: fields.text('name'),
    description: fields.text('description'),
    trial_days: fields.whole('trial_days'),
    display_order: fields.whole('display_order') ?? 0,
    stripe_product_id: fields.text('stripe_product_id') || null,
    is_active: fields.checked('is_active'),
    is_public: fields.checked('is_public'),
    is_self_service: fields.checked('is_self_service'),
    prices,
  };
  return { fields, input, nameOf: (path: string) => nameOf(path, names) };
}

function nameOf(path: string, names: Row[]): string {
  const [, index, field] = /^prices[[.](\d+)]?\.(\w+)$/.exec(path) ?? [];
  const row = names[Number(index)];
  return row && field && field in row ? row[field as keyof Row] : path;
}
