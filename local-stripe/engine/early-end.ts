/**
 * An end before its period's. "If set to a date before the current period ends, this will cause a proration if prorations have
 * been enabled using `proration_behavior`. If set during a future period, this will always cause a proration for that period"
 * (the declarations at `cancel_at`, stripe.md D68). What becomes of the proration when the end is taken back or moved is not
 * known: `settings.early_end_taken_back`. Here a credit that waits goes, as if it had never been asked, and what an invoice has
 * given back already is charged again.
 */
import type { App } from '../app';
import { type Draft, draft } from '../records/drafts';
import { dropPending, keepPending } from '../records/invoice-items';
import { priceAmount, prorationWords } from '../records/price-words';
import type { Billed, Cut, Price, Subscription, SubscriptionItem } from '../types';

export interface EndPlan {
  /** Prorations, in the order of the items. */
  drafts: { draft: Draft; cut: Cut | null }[];
  /** Invoice items that wait no more. */
  undone: string[];
  billed: Billed[];
  cuts: Cut[];
}

/** What it costs that the subscription ends at `end` and not when it would have; null = it goes on. Writes nothing. */
export function planEnd(app: App, sub: Subscription, end: number | null, prorates: boolean): EndPlan {
  const plan: EndPlan = { drafts: [], undone: [], billed: [...sub._.billed], cuts: [] };
  const taken = app.settings.early_end_taken_back;
  const until = end ?? Number.POSITIVE_INFINITY;
  for (const cut of sub._.cuts ?? []) {
    if (cut.end <= app.now) continue;
    if (taken === 'undone' && cut.pending && app.store.get('invoice_items', cut.pending)?.invoice === null) {
      plan.undone.push(cut.pending);
      const { item, invoice, line, amount, start } = cut;
      plan.billed.push({ item, invoice, line, amount, start, end: cut.end });
      continue;
    }
    const to = Math.min(until, cut.end);
    const item = sub.items.find((one) => one.id === cut.item);
    if (to > cut.start && item && prorates && taken !== 'kept') {
      const share = part(cut, cut.start, to);
      const price = app.store.get('prices', item.price) as Price;
      plan.drafts.push({ draft: draft(app, sub, item, price, share, cut.start, to, true), cut: null });
    }
    if (to < cut.end)
      plan.cuts.push({
        ...cut,
        amount: part(cut, Math.max(to, cut.start), cut.end),
        start: Math.max(to, cut.start),
      });
  }
  if (end === null || !prorates) return plan;
  plan.billed = plan.billed.flatMap((billed) => {
    const item = sub.items.find((one) => one.id === billed.item);
    if (billed.end <= end || !item) return [billed];
    const from = Math.max(end, billed.start);
    const amount = part(billed, from, billed.end);
    if (amount === 0) return [billed];
    const cut: Cut = { ...billed, amount, start: from, pending: null };
    plan.cuts.push(cut);
    plan.drafts.push({ draft: credit(app, sub, item, cut), cut });
    return from > billed.start ? [{ ...billed, amount: billed.amount - amount, end: from }] : [];
  });
  return plan;
}

function credit(app: App, sub: Subscription, item: SubscriptionItem, cut: Cut): Draft {
  const price = app.store.get('prices', item.price) as Price;
  return {
    ...draft(app, sub, item, price, -cut.amount, cut.start, cut.end, true),
    description: prorationWords(app, 'Unused', price, item.quantity ?? 1, cut.start),
    credited: cut.invoice && cut.line ? { invoice: cut.invoice, invoice_line_items: [cut.line] } : null,
  };
}

const part = (of: { amount: number; start: number; end: number }, from: number, to: number): number =>
  Math.round((of.amount * (to - from)) / (of.end - of.start));

/** Writes it but for what is invoiced at once; the drafts wait for the next invoice unless `atOnce`. */
export function writeEnd(app: App, sub: Subscription, plan: EndPlan, atOnce: boolean): void {
  for (const item of plan.undone) dropPending(app, item);
  sub._.billed = plan.billed;
  sub._.cuts = plan.cuts;
  if (atOnce) return;
  for (const { draft: waits, cut } of plan.drafts) {
    const item = keepPending(app, sub, waits, app.now);
    if (cut) cut.pending = item;
  }
}

/** A period that the end cuts short is billed as far as it lasts: its length, and what is left out of the price. */
export function shortened(
  app: App,
  sub: Subscription,
  item: SubscriptionItem,
): { end: number; amount: number; cut: Cut | null } {
  const { current_period_start: start, current_period_end: end } = item;
  const full = priceAmount(app.store.get('prices', item.price) as Price, item.quantity ?? 1);
  if (sub.cancel_at === null || sub.cancel_at >= end || sub.cancel_at <= start)
    return { end, amount: full, cut: null };
  const whole = { amount: full, start, end };
  const amount = part(whole, start, sub.cancel_at);
  const cut = {
    item: item.id,
    invoice: null,
    line: null,
    amount: full - amount,
    start: sub.cancel_at,
    end,
    pending: null,
  };
  return { end: sub.cancel_at, amount, cut };
}

/** Remembers what the new periods of these items leave out. */
export function recordCuts(app: App, sub: Subscription, items: SubscriptionItem[]): void {
  const cuts = items.flatMap((item) => shortened(app, sub, item).cut ?? []);
  sub._.cuts = [...(sub._.cuts ?? []).filter((cut) => cut.end > app.now), ...cuts];
}
