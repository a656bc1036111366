/**
 * What a change of items costs: read → decide → (elsewhere) write. The preview is the same decision without the
 * write. https://docs.stripe.com/billing/subscriptions/prorations
 *
 * Credits are worth what was really billed, after discounts (stripe.md 14); an item in trial was billed nothing. The
 * anchor moves only when told; a change of interval is charged its share up to the old anchor (stripe.md 22, D40, G1).
 * A classic subscription starts a new period at such a change by itself, and when it was free until now
 * (https://docs.stripe.com/billing/subscriptions/billing-mode/compare).
 */
import type { App } from '../app';
import { invalid, missing } from '../errors';
import { orCustomers } from '../records/customer-discount';
import { couponOf } from '../records/discounts';
import { type Draft, draft } from '../records/drafts';
import { itemDiscounts, planDiscounts, settleItems } from '../records/item-discounts';
import { priceAmount, prorationWords } from '../records/price-words';
import { getRecurring } from '../records/prices';
import {
  anchoredPeriod,
  periodAfter,
  refuseIntervals,
  refuseItemCount,
  sameRhythm,
  shapeItem,
  truncateBilled,
} from '../records/subscription-items';
import type { Cut, Discount, ItemChange, Price, Subscription, SubscriptionItem } from '../types';

/** Whether a change of interval begins a new period though nobody said so: in classic billing mode only (stripe.md D40). */
export function restartsByItself(sub: Subscription): boolean {
  return sub.billing_mode.type === 'classic';
}

export interface Change {
  items: ItemChange[];
  behavior: 'create_prorations' | 'always_invoice' | 'none';
  date?: number | undefined;
  resetAnchor: boolean;
  trialEnd?: number | 'now' | undefined;
  /** The subscription's own; where there are none its customer's count, unless these are all that are asked about. */
  discounts: Discount[];
  discountsAsked?: boolean;
}

export interface Plan {
  at: number;
  items: SubscriptionItem[];
  anchor: number;
  trialEnd: number | null;
  reset: boolean;
  /** Items whose billed time ends at `at`; what no proration took back is still owed to a later one. */
  ended: string[];
  credits: Draft[];
  charges: Draft[];
  cuts: Cut[];
  touchesItems: boolean;
}

export function planChange(app: App, sub: Subscription, change: Change, newId: () => string): Plan {
  refuseItemCount(change.items.length, sub.billing_mode.type);
  const at = change.date ?? app.now;
  const trialing = sub.trial_end !== null && sub.trial_end > app.now;
  const endsTrial = change.trialEnd === 'now' && trialing;
  const startsTrial =
    typeof change.trialEnd === 'number' && change.trialEnd > app.now && change.trialEnd !== sub.trial_end;
  const staysInTrial = (trialing && !endsTrial && change.trialEnd === undefined) || startsTrial;
  const target = sub.items.map((item) => ({
    item: structuredClone(item),
    changed: false,
    added: false,
    rhythm: false,
  }));
  const ended: string[] = [];
  const customer = () => app.need('customers', sub.customer, 'customer');
  for (const one of change.items) {
    if (one.id) {
      const known = target.find((row) => row.item.id === one.id);
      if (!known) throw missing('subscription item', one.id, 'items[0][id]');
      const old = getRecurring(app, known.item.price);
      if (one.deleted) {
        target.splice(target.indexOf(known), 1);
        ended.push(known.item.id);
        continue;
      }
      const price = one.price ?? old;
      // A new price means one of it unless the quantity is said as well (stripe.md D41).
      const quantity = one.quantity ?? (price.id === old.id ? (known.item.quantity ?? 1) : 1);
      if (one.metadata) known.item.metadata = one.metadata;
      if (one.taxRates) known.item.tax_rates = one.taxRates;
      if (one.discounts) planDiscounts(app, known.item, one.discounts, customer(), [sub.id]);
      if (price.id === old.id && quantity === known.item.quantity) continue;
      if (price.currency !== sub.currency) throw currencyError(price, sub);
      known.changed = true;
      known.item.price = price.id;
      known.item.quantity = quantity;
      ended.push(known.item.id);
      known.rhythm = !sameRhythm(price, old);
    } else if (one.price) {
      if (one.price.currency !== sub.currency) throw currencyError(one.price, sub);
      if (target.some((row) => row.item.price === one.price?.id)) {
        throw invalid('Subscription already has an item with this price.', 'items[0][price]');
      }
      const period = { start: 0, end: 0 };
      const item = shapeItem(app, sub.id, one.price, one.quantity ?? 1, period, newId(), one.metadata);
      if (one.taxRates) item.tax_rates = one.taxRates;
      if (one.discounts) planDiscounts(app, item, one.discounts, customer(), [sub.id]);
      target.push({
        item,
        changed: true,
        added: true,
        rhythm: false,
      });
    }
  }
  if (target.length === 0) throw invalid('A subscription must have at least one active plan.', 'items');
  refuseItemCount(target.length, sub.billing_mode.type);
  const now = app.now;
  refuseIntervals(
    target.map(({ item }) => getRecurring(app, item.price)),
    sub.billing_mode.type,
  );
  const isFree = (items: SubscriptionItem[]) =>
    items.every((item) => priceAmount(getRecurring(app, item.price), item.quantity ?? 1) === 0);
  const freed = isFree(sub.items) && !isFree(target.map((row) => row.item));
  const resetsItself =
    (restartsByItself(sub) && target.some((row) => row.rhythm)) ||
    (sub.billing_mode.type === 'classic' && freed);
  const reset = !staysInTrial && (endsTrial || change.resetAnchor || resetsItself);
  const anchor = startsTrial ? (change.trialEnd as number) : reset ? now : sub.billing_cycle_anchor;
  const trialEnd = endsTrial ? now : startsTrial ? (change.trialEnd as number) : sub.trial_end;
  const prorates = change.behavior !== 'none' && !(trialing && staysInTrial && !startsTrial);
  const creditAt = reset ? Math.min(at, now) : at;
  const credits: Draft[] = [];
  const charges: Draft[] = [];
  const cuts = reset ? [] : structuredClone(sub._.cuts ?? []);
  const counting = (items: SubscriptionItem[]) =>
    change.discountsAsked ? change.discounts : orCustomers(app, sub.customer, items, change.discounts);
  const crediting = startsTrial || reset ? sub.items.map((item) => item.id) : ended;
  if (prorates) {
    for (const itemId of crediting)
      credits.push(...creditsFor(app, sub, itemId, creditAt, trialing ? null : counting(sub.items)));
  }
  const counts = counting(target.map((row) => row.item));
  for (const { item, changed, added, rhythm } of target) {
    const price = getRecurring(app, item.price);
    const quantity = item.quantity ?? 1;
    if (staysInTrial) {
      const end = trialEnd as number;
      if (startsTrial || added)
        Object.assign(item, {
          current_period_start: startsTrial || sub.trial_start === null ? now : sub.trial_start,
          current_period_end: end,
        });
      continue;
    }
    if (reset) {
      item.current_period_start = now;
      item.current_period_end = periodAfter(price, now, now);
      charges.push(
        draft(app, sub, item, price, priceAmount(price, quantity), now, item.current_period_end, false),
      );
      continue;
    }
    if (added || rhythm) {
      const from =
        app.settings.later_interval_change === 'period' && rhythm ? item.current_period_start : anchor;
      const { start, end } = anchoredPeriod(price, from, now);
      const peer = sub.items.find(
        (one) => one.current_period_end === end && sameRhythm(getRecurring(app, one.price), price),
      );
      item.current_period_end = end;
      item.current_period_start = peer?.current_period_start ?? start;
    }
    if (changed && prorates && item.current_period_end > at) {
      const { current_period_start: start, current_period_end: end } = item;
      const from = Math.max(at, start);
      const full = priceAmount(price, quantity);
      const share = (upTo: number, since: number) =>
        afterDiscounts(app, Math.round((full * (upTo - since)) / (end - start)), price, [
          ...itemDiscounts(app, item),
          ...counts,
        ]);
      const cut = cuts.find((one) => one.item === item.id && one.end === end && one.start > from);
      // As far as it lasts: what an earlier end leaves out has the new price if it is taken back (stripe.md D68).
      if (cut)
        Object.assign(cut, { amount: share(end, cut.start), invoice: null, line: null, pending: null });
      const to = cut?.start ?? end;
      charges.push(draft(app, sub, item, price, share(to, from), from, to, true));
    }
  }
  return {
    at: creditAt,
    items: target.map((row) => row.item),
    anchor,
    trialEnd,
    reset,
    ended: prorates || reset ? crediting : [],
    credits,
    charges,
    cuts,
    touchesItems: ended.length > 0 || target.some((row) => row.added) || reset || startsTrial,
  };
}

/** Flexible: of each debit its unused share. Classic: of the current price, whatever was billed; `discounts` null in trial. */
function creditsFor(
  app: App,
  sub: Subscription,
  itemId: string,
  at: number,
  discounts: Discount[] | null,
): Draft[] {
  const item = sub.items.find((one) => one.id === itemId);
  const price = app.store.get('prices', item?.price);
  if (!item || !price) return [];
  const quantity = item.quantity ?? 1;
  const credit = (amount: number, start: number, end: number): Draft => ({
    ...draft(
      app,
      sub,
      item,
      price,
      -Math.round((amount * (end - Math.max(at, start))) / (end - start)),
      Math.max(at, start),
      end,
      true,
    ),
    description: prorationWords(app, 'Unused', price, quantity, Math.max(at, start)),
  });
  if (sub.billing_mode.type === 'classic') {
    const { current_period_start: start, current_period_end: end } = item;
    if (!discounts || end <= at) return [];
    const all = [...itemDiscounts(app, item), ...discounts];
    return [credit(afterDiscounts(app, priceAmount(price, quantity), price, all), start, end)].filter(
      (one) => one.amount !== 0,
    );
  }
  return sub._.billed
    .filter((billed) => billed.item === itemId && billed.end > at)
    .map((billed) => ({
      ...credit(billed.amount, billed.start, billed.end),
      credited:
        billed.invoice && billed.line ? { invoice: billed.invoice, invoice_line_items: [billed.line] } : null,
    }))
    .filter((one) => one.amount !== 0);
}

/** Prorations of flexible billing include the discount in their amount. https://docs.stripe.com/billing/subscriptions/billing-mode */
function afterDiscounts(app: App, amount: number, price: Price, discounts: Discount[]): number {
  let left = amount;
  for (const discount of discounts) {
    const coupon = couponOf(app, discount);
    if (!coupon?.percent_off || (coupon.applies_to && !coupon.applies_to.products.includes(price.product)))
      continue;
    left -= Math.round((left * coupon.percent_off) / 100);
  }
  return left;
}

function currencyError(price: Price, sub: Subscription): Error {
  return invalid(
    `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${sub.currency}\`.`,
    'items[0][price]',
  );
}

/** Writes a planned change of items onto the record (no event). */
export function writePlan(app: App, sub: Subscription, plan: Plan): void {
  settleItems(app, plan.items, sub.items);
  sub.items = plan.items;
  sub.billing_cycle_anchor = plan.anchor;
  sub._.billed = truncateBilled(sub._.billed, plan.ended, plan.at);
  sub._.cuts = plan.cuts;
  if (sub.trial_end !== plan.trialEnd) {
    sub.trial_end = plan.trialEnd;
    if (plan.trialEnd) sub.trial_start ??= sub.created;
  }
}
