'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { TextField } from '@/components/ui/field';

export type PriceRowValue = {
  currency: string;
  month: string;
  year: string;
  monthId: string;
  yearId: string;
};

type Words = Record<
  | 'currency'
  | 'currencyHint'
  | 'month'
  | 'year'
  | 'monthly'
  | 'yearly'
  | 'hint'
  | 'stripePrice'
  | 'stripePriceHint'
  | 'add'
  | 'remove'
  | 'none',
  string
>;

/** What a plan costs: a row for each currency, with the Stripe price behind each amount. Rows come and go. */
export function PriceRows({ initial, words }: { initial: PriceRowValue[]; words: Words }) {
  const [rows, setRows] = useState(() =>
    initial.map((value, key) => ({ key, value, isKnown: value.month !== '' || value.year !== '' })),
  );
  const [next, setNext] = useState(initial.length);
  function add() {
    setRows([
      ...rows,
      { key: next, value: { currency: '', month: '', year: '', monthId: '', yearId: '' }, isKnown: false },
    ]);
    setNext(next + 1);
  }
  return (
    <div className="space-y-4">
      {rows.length === 0 ? <p className="text-muted">{words.none}</p> : null}
      {rows.map(({ key, value, isKnown }) => (
        <fieldset key={key} className="rounded-lg border border-line px-4 pt-2 pb-4">
          <legend className={isKnown ? 'px-1 font-medium' : 'sr-only'}>
            {isKnown ? value.currency : words.currency}
          </legend>
          <div className="flex items-start justify-between gap-4">
            {isKnown ? (
              <>
                <input type="hidden" name={`price_currency_${key}`} value={value.currency} />
                <input type="hidden" name={`price_known_${key}`} value="1" />
                <p className="text-sm text-muted">{words.hint}</p>
              </>
            ) : (
              <TextField
                name={`price_currency_${key}`}
                label={words.currency}
                hint={words.currencyHint}
                defaultValue={value.currency}
                maxLength={3}
                autoCapitalize="characters"
                autoComplete="off"
                className="max-w-48"
              />
            )}
            <Button
              variant="ghost"
              size="sm"
              onClick={() => setRows(rows.filter((row) => row.key !== key))}
              aria-label={`${words.remove} ${value.currency}`.trim()}
            >
              {words.remove}
            </Button>
          </div>
          <div className="mt-2 grid gap-x-4 gap-y-3 sm:grid-cols-[9rem_1fr]">
            {(['month', 'year'] as const).map((interval) => (
              <PriceFields
                key={interval}
                name={`price_${interval}_${key}`}
                label={words[interval]}
                every={words[interval === 'month' ? 'monthly' : 'yearly']}
                amount={value[interval]}
                id={interval === 'month' ? value.monthId : value.yearId}
                words={words}
              />
            ))}
          </div>
        </fieldset>
      ))}
      <Button size="sm" onClick={add}>
        {words.add}
      </Button>
    </div>
  );
}

function PriceFields({
  name,
  label,
  every,
  amount,
  id,
  words,
}: {
  name: string;
  label: string;
  every: string;
  amount: string;
  id: string;
  words: Words;
}) {
  return (
    <>
      <TextField name={name} label={label} inputMode="decimal" defaultValue={amount} autoComplete="off" />
      <TextField
        name={`${name}_id`}
        label={
          <>
            {words.stripePrice}
            <span className="sr-only">, {every}</span>
          </>
        }
        placeholder={words.stripePriceHint}
        defaultValue={id}
        autoComplete="off"
        spellCheck={false}
      />
    </>
  );
}
