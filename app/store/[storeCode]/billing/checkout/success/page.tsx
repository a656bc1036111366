import type { Route } from 'next';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button';
import { getFormat } from '@/components/ui/format';
import { PageHeader } from '@/components/ui/page-header';
import { findCurrentSubscription } from '@/lib/billing/account/subscription';
import { completeCheckout } from '@/lib/billing/subscriptions/checkout-return';
import { DomainError } from '@/lib/errors';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { storeContext } from '../../../context';

export const generateMetadata = pageTitle('billing', 'title');

/** Where Stripe Checkout returns to. Brings the purchase in by itself: the webhook may be late or still to come. */
export default async function CheckoutSuccessPage({
  params,
  searchParams,
}: PageProps<'/store/[storeCode]/billing/checkout/success'>) {
  const [{ storeCode }, query] = await Promise.all([params, searchParams]);
  const t = await getTranslations('billing.checkout');
  const outcome = await readOutcome(storeCode, String(query.session_id ?? ''));
  return (
    <div className="max-w-xl space-y-6">
      <PageHeader title={t(`${outcome.name}Title`)} />
      <Banner
        tone={
          outcome.name === 'success'
            ? 'ok'
            : outcome.name === 'unknown' || outcome.name === 'unreachable'
              ? 'warn'
              : 'info'
        }
        title={outcome.text}
        live
      />
      <div className="flex flex-wrap gap-2">
        <ButtonLink href={`/store/${storeCode}/billing` as Route} variant="primary">
          {t('back')}
        </ButtonLink>
      </div>
    </div>
  );
}

async function readOutcome(storeCode: string, sessionId: string) {
  const { db, account, actor, now } = await storeContext(storeCode, 'read');
  const [t, format] = await Promise.all([getTranslations('billing.checkout'), getFormat()]);
  const bought = await complete();
  if (bought === 'unreachable') return { name: 'unreachable', text: t('unreachableText') } as const;
  if (!bought) return { name: 'unknown', text: t('unknownText') } as const;
  if (bought.status === 'open') return { name: 'open', text: t('openText') } as const;
  if (!bought.paid) return { name: 'pending', text: t('pendingText') } as const;
  if (bought.kind === 'credits') return { name: 'success', text: t('creditsDone') } as const;
  if (bought.kind === 'add_on') return { name: 'success', text: t('addOnDone') } as const;
  const plan = await findCurrentSubscription(db, account);
  const tier = plan?.tier.name ?? '';
  const text =
    plan?.status === 'trialing' && plan.trialEnd
      ? t('successTrial', { tier, date: format.date(plan.trialEnd) })
      : t('successText', { tier });
  return { name: 'success', text } as const;

  async function complete() {
    try {
      return await completeCheckout(db, requireStripe(), {
        sessionId,
        merchantId: account.merchantId,
        actor,
        now,
      });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.kind === 'not_found') return null;
      // Stripe is down, or no longer configured.
      if (error.kind === 'bad_gateway' || error.kind === 'unavailable') return 'unreachable';
      throw error;
    }
  }
}
