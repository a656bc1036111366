import { eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { settings } from '@/db/schema';
import { callStripe, isMissing, isRefused } from '@/lib/stripe/client';
import { withStripeCustomer } from './customers';
import type { TaxAct } from './weigh-tax';

/** The setting that keeps the id of our portal configuration, and that which says what it lets people change. */
export const PORTAL_CONFIGURATION = 'portal_configuration';
const PORTAL_UPDATES = 'portal_updates';

/**
 * Opens Stripe's customer portal for the payment method, invoices, billing details and cancelling. It offers no plan
 * switch: that is ours, with a preview (stripe.md 42); and with Stripe Tax no tax ids, of which it would believe any
 * (stripe.md 48). A customer that is not there yet is made.
 * @throws StripeUnavailable, NotFound, MerchantClosed, EditConflict
 */
export async function openPortal(
  db: Db,
  stripe: Stripe,
  input: TaxAct & { merchantId: string; returnUrl: string },
): Promise<{ portalUrl: string }> {
  return withStripeCustomer(db, stripe, input.merchantId, input, async (customer) => {
    const open = (configuration: string) =>
      callStripe(() =>
        stripe.billingPortal.sessions.create({ customer, configuration, return_url: input.returnUrl }),
      );
    const updates = updatesOf(input.tax.automaticTax);
    const kept = await portalConfiguration(db, stripe, updates);
    const session = await open(kept).catch(async (error: unknown) => {
      if (!isRefused(error) || (await isUsable(stripe, kept))) throw error;
      // Of another account, deleted, or switched off by somebody: a session would be refused for ever.
      return open(await makeConfiguration(db, stripe, kept, updates));
    });
    return { portalUrl: session.url };
  });
}

/** Whether sessions may still be opened with a configuration. */
async function isUsable(stripe: Stripe, configuration: string): Promise<boolean> {
  try {
    const { active } = await callStripe(() => stripe.billingPortal.configurations.retrieve(configuration));
    return active;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

type Update = Stripe.BillingPortal.ConfigurationCreateParams.Features.CustomerUpdate.AllowedUpdate;

const updatesOf = (automaticTax: boolean): Update[] => [
  ...(['name', 'email', 'address'] as const),
  ...(automaticTax ? [] : ['tax_id' as const]),
];

/** The id of our portal configuration, made once per installation; put right when STRIPE_TAX says something else now. */
async function portalConfiguration(db: Db, stripe: Stripe, updates: Update[]): Promise<string> {
  const kept = await keptConfiguration(db);
  if (!kept) return makeConfiguration(db, stripe, '', updates);
  const wanted = `${kept}:${updates.join()}`;
  const [said] = await db.select().from(settings).where(eq(settings.name, PORTAL_UPDATES));
  if (said?.value === wanted) return kept;
  const features = { customer_update: { enabled: true, allowed_updates: updates } };
  try {
    await callStripe(() => stripe.billingPortal.configurations.update(kept, { features }));
  } catch (error) {
    // Of another account or deleted: opening it says so, and makes another.
    if (isMissing(error)) return kept;
    throw error;
  }
  await keep(db, PORTAL_UPDATES, wanted);
  return kept;
}

const keep = (db: Db, name: string, value: string) =>
  db.insert(settings).values({ name, value }).onConflictDoUpdate({ target: settings.name, set: { value } });

async function keptConfiguration(db: Db): Promise<string | undefined> {
  const [kept] = await db.select().from(settings).where(eq(settings.name, PORTAL_CONFIGURATION));
  return typeof kept?.value === 'string' ? kept.value : undefined;
}

/** Makes one in the place of `former`; of two that do it at once both end with the one that is kept. */
async function makeConfiguration(db: Db, stripe: Stripe, former: string, updates: Update[]): Promise<string> {
  const made = await callStripe(() =>
    stripe.billingPortal.configurations.create(
      {
        name: 'Tierline',
        metadata: { tierline: 'portal' },
        features: {
          payment_method_update: { enabled: true },
          invoice_history: { enabled: true },
          customer_update: { enabled: true, allowed_updates: updates },
          subscription_cancel: {
            enabled: true,
            mode: 'at_period_end',
            cancellation_reason: {
              enabled: true,
              options: ['too_expensive', 'missing_features', 'switched_service', 'unused', 'other'],
            },
          },
          subscription_update: { enabled: false },
        },
      },
      { idempotencyKey: `tierline:portal:2:${updates.length}${former && `:${former}`}` },
    ),
  );
  const row = { name: PORTAL_CONFIGURATION, value: made.id };
  await db
    .insert(settings)
    .values(row)
    .onConflictDoUpdate({
      target: settings.name,
      set: { value: made.id },
      setWhere: sql`${settings.value} = to_jsonb(${former}::text)`,
    });
  const kept = (await keptConfiguration(db)) ?? made.id;
  if (kept === made.id) await keep(db, PORTAL_UPDATES, `${kept}:${updates.join()}`);
  return kept;
}
