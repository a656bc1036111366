import { typedFields } from '../typed-fields';

type Row = { currency: string; unitAmount: string; stripePriceId: string };

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
      prices.push({ currency, interval, unitAmount: amount, stripePriceId: id || null });
      names.push({
        currency: `price_currency_${row}`,
        unitAmount: name,
        stripePriceId: `${name}_id`,
      });
    }
    // A currency of its own, and nothing to pay in it: one that was there before is taken away by emptying it.
    if (prices.length === before && currency !== '' && !form.has(`price_known_${row}`))
      fields.say(`price_month_${row}`, 'required');
  }
  const input = {
    name: fields.text('name'),
    description: fields.text('description'),
    trialDays: fields.whole('trialDays'),
    displayOrder: fields.whole('displayOrder') ?? 0,
    stripeProductId: fields.text('stripeProductId') || null,
    isActive: fields.checked('isActive'),
    isPublic: fields.checked('isPublic'),
    isSelfService: fields.checked('isSelfService'),
    prices,
  };
  return { fields, input, nameOf: (path: string) => nameOf(path, names) };
}

function nameOf(path: string, names: Row[]): string {
  const [, index, field] = /^prices[[.](\d+)]?\.(\w+)$/.exec(path) ?? [];
  const row = names[Number(index)];
  return row && field && field in row ? row[field as keyof Row] : path;
}
