import { eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { settings } from '@/db/schema';
import { callStripe, isMissing, isRefused } from '@/lib/stripe/client';
import { withStripeCustomer } from './customers';
import type { TaxAct } from './weigh-tax';

/** The setting that keeps the id of our portal configuration. */
export const PORTAL_CONFIGURATION = 'portal_configuration';

/**
 * Opens Stripe's customer portal for the payment method, invoices, billing details and cancelling. It offers no plan
 * switch: that is ours, with a preview (stripe.md 42). A customer that is not there yet is made.
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
    const kept = await portalConfiguration(db, stripe);
    const session = await open(kept).catch(async (error: unknown) => {
      if (!isRefused(error) || (await isUsable(stripe, kept))) throw error;
      // Of another account, deleted, or switched off by somebody: a session would be refused for ever.
      return open(await makeConfiguration(db, stripe, kept));
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

/** The id of our portal configuration, made once per installation. */
async function portalConfiguration(db: Db, stripe: Stripe): Promise<string> {
  return (await keptConfiguration(db)) ?? makeConfiguration(db, stripe, '');
}

async function keptConfiguration(db: Db): Promise<string | undefined> {
  const [kept] = await db.select().from(settings).where(eq(settings.name, PORTAL_CONFIGURATION));
  return typeof kept?.value === 'string' ? kept.value : undefined;
}

/** Makes one in the place of `former`; of two that do it at once both end with the one that is kept. */
async function makeConfiguration(db: Db, stripe: Stripe, former: string): Promise<string> {
  const made = await callStripe(() =>
    stripe.billingPortal.configurations.create(
      {
        name: 'Tierline',
        metadata: { tierline: 'portal' },
        features: {
          payment_method_update: { enabled: true },
          invoice_history: { enabled: true },
          customer_update: { enabled: true, allowed_updates: ['name', 'email', 'address', 'tax_id'] },
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
      { idempotencyKey: `tierline:portal:1${former && `:${former}`}` },
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
  return (await keptConfiguration(db)) ?? made.id;
}
