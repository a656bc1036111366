'use client';

import type { Route } from 'next';
import Link from 'next/link';
import { buttonClass } from '@/components/ui/button';
import { ActionForm } from '@/components/ui/form';
import type { FormAction } from '@/components/ui/form-state';
import { SubmitButton } from '@/components/ui/submit-button';

/** What stands under a plan: a form's button, a link, or a word. */
export type TierOffer =
  | { kind: 'form'; action: 'subscribe' | 'try'; label: string; fields: Record<string, string> }
  | { kind: 'link'; href: string; label: string; strong: boolean }
  | { kind: 'mail'; href: string; label: string }
  | { kind: 'note'; label: string };

/** A plan in finished words. */
export type TierView = {
  code: string;
  name: string;
  badge?: string;
  price: string | null;
  per: string;
  description: string;
  lines: string[];
  offers: TierOffer[];
};

/** The plans side by side. Words travel as data: see `InvoiceList`. */
export function TierCardList({
  tiers,
  actions,
  disabledReason,
}: {
  tiers: TierView[];
  actions: { subscribe: FormAction; try: FormAction };
  disabledReason?: string;
}) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
      {tiers.map((tier) => (
        <li
          key={tier.code}
          className={`flex flex-col rounded-xl border p-4 ${tier.badge ? 'border-accent-ink bg-accent-soft/40' : 'border-line'}`}
        >
          <h3 className="flex items-center justify-between gap-2 font-semibold">
            {tier.name}
            {tier.badge ? <span className="text-sm font-medium text-accent-ink">{tier.badge}</span> : null}
          </h3>
          <p className="mt-2 text-xl font-semibold">
            {tier.price} <span className="text-base font-normal text-muted">{tier.per}</span>
          </p>
          {tier.description ? <p className="mt-1 text-sm text-muted">{tier.description}</p> : null}
          <ul className="ticks my-4 flex-1">
            {tier.lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <div className="flex flex-col gap-2">
            {tier.offers.map((offer) => (
              <Offer
                key={offer.label}
                offer={offer}
                tier={tier.name}
                actions={actions}
                disabledReason={disabledReason}
              />
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Offer({
  offer,
  tier,
  actions,
  disabledReason,
}: {
  offer: TierOffer;
  tier: string;
  actions: { subscribe: FormAction; try: FormAction };
  disabledReason?: string;
}) {
  const name = <span className="sr-only">{tier}</span>;
  switch (offer.kind) {
    case 'note':
      return <p className="py-2 text-center font-medium text-muted">{offer.label}</p>;
    case 'mail':
      return (
        <a href={offer.href} className={buttonClass()}>
          {offer.label}
        </a>
      );
    case 'link':
      return disabledReason ? (
        <span aria-disabled="true" title={disabledReason} className={buttonClass('secondary')}>
          {offer.label} <span className="sr-only">({disabledReason})</span>
        </span>
      ) : (
        <Link
          href={offer.href as Route}
          prefetch={false}
          className={buttonClass(offer.strong ? 'primary' : 'secondary')}
        >
          {offer.label} {name}
        </Link>
      );
    case 'form':
      return (
        <ActionForm action={actions[offer.action]} fields={offer.fields} className="space-y-2">
          <SubmitButton
            variant={offer.action === 'subscribe' ? 'primary' : 'ghost'}
            className="w-full"
            disabledReason={disabledReason}
          >
            {offer.label} {name}
          </SubmitButton>
        </ActionForm>
      );
  }
}
