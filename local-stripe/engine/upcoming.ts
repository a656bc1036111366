/** The next invoice before there is one. https://docs.stripe.com/api/invoices/create_preview */
import type { App, Settings } from '../app';
import { nextBoundary } from '../clock';
import { orCustomers } from '../records/customer-discount';
import { isRunning } from '../records/discounts';
import type { Draft } from '../records/drafts';
import { pendingDrafts } from '../records/invoice-items';
import { shapeInvoice } from '../records/invoice-shape';
import { viewInvoice } from '../records/invoices';
import { periodEnd } from '../records/subscriptions';
import type { Customer, Discount, Invoice, Price, Schedule, Subscription, SubscriptionItem } from '../types';
import { foreseePhase } from './phase-effects';
import { cycleInvoice, DRAFT_TIME } from './subscription-invoice';

/**
 * What a preview asks about; what it leaves out is the subscription's, or its schedule's next phase's. With `items` it asks
 * of the subscription as if no schedule went on.
 */
export interface Asked {
  /** Whether the schedule's next phase is shown, and over items that are given (stripe.md D61: not known). */
  follow?: Settings['scheduled_preview'];
  items?: SubscriptionItem[] | undefined;
  pending?: Draft[];
  schedule?: Schedule | undefined;
  /** The subscription's own, where the change that gives them is not written. */
  held?: Discount[] | undefined;
  customer?: Customer;
  discounts?: Discount[] | undefined;
  automaticTax?: boolean | undefined;
  extra?: Draft[];
}

/** The next cycle's invoice as it stands; null when the subscription ends before it and nothing else waits to be billed. */
export function upcomingInvoice(app: App, sub: Subscription, asked: Asked = {}): Invoice | null {
  const { items, pending = [], extra = [] } = asked;
  const turn = periodEnd({ ...sub, items: items ?? sub.items });
  const ends = sub.cancel_at !== null && sub.cancel_at <= turn;
  const end = ends ? (sub.cancel_at as number) : turn;
  if (ends && pending.length === 0 && pendingDrafts(app, sub).length === 0) return null;
  const follow = asked.follow ?? 'next_phase';
  const attached = follow === 'subscription' ? undefined : app.store.get('schedules', sub.schedule);
  const schedule = asked.schedule ?? attached;
  return app.clock.at(end, () => {
    const phase = ends || (items && follow !== 'over_items') ? null : foreseePhase(app, sub, schedule, end);
    const then = phase?.sub ?? sub;
    const due = (phase ? then.items : (items ?? then.items)).filter((item) => item.current_period_end <= end);
    const prorations = phase?.prorations ?? [];
    // The phase begins and bills nothing: what it changes waits for the invoice after it.
    if (phase?.prorations && !phase.billsThem && due.length === 0) {
      const after = { ...asked, schedule: undefined, items: then.items, discounts: asked.discounts };
      return upcomingInvoice(
        app,
        { ...then, schedule: null },
        { ...after, pending: [...pending, ...prorations] },
      );
    }
    const coming = due.map((item) => {
      const price = app.store.get('prices', item.price) as Price;
      return {
        ...item,
        current_period_start: end,
        current_period_end: nextBoundary(
          then.billing_cycle_anchor,
          price.recurring?.interval ?? 'month',
          price.recurring?.interval_count ?? 1,
          end,
        ),
      };
    });
    const given = cycleInvoice(app, then, ends ? [] : coming, {
      start: sub.items[0]?.current_period_start ?? end,
      end,
    });
    const invoice = shapeInvoice(
      app,
      {
        ...given,
        customer: asked.customer ?? given.customer,
        discounts:
          asked.discounts ??
          orCustomers(
            app,
            then.customer,
            phase ? then.items : (items ?? then.items),
            (phase?.discounts ?? asked.held ?? given.discounts).filter((one) => isRunning(app, one)),
          ),
        automaticTax: asked.automaticTax ?? given.automaticTax,
        drafts: [...pending, ...prorations, ...given.drafts, ...extra],
        reason: 'upcoming',
      },
      true,
    );
    invoice.next_payment_attempt = end + DRAFT_TIME;
    invoice.automatically_finalizes_at = null;
    return invoice;
  });
}

/** invoice.upcoming has no id (stripe.md 28). */
export function announce(app: App, sub: Subscription, end: number): void {
  sub._.upcoming_sent_for = end;
  app.store.put('subscriptions', sub);
  const invoice = upcomingInvoice(app, sub);
  if (!invoice) return;
  const { id: _id, ...shown } = viewInvoice(app, invoice);
  app.emit('invoice.upcoming', shown);
}
