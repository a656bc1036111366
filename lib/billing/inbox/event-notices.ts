import type { Tx } from '@/db/client';
import type { Outcome } from '@/lib/billing/mirror/mirror';
import { findRecipient, queueEmail } from '@/lib/billing/notices';
import type { EffectOf } from './effect';

/** Adds an e-mail to an effect, in its transaction, when it was applied. */
export function withNotice(
  effectOf: EffectOf,
  notice: (tx: Tx, merchantId: string, object: Record<string, unknown>, now: Date) => Promise<void>,
): EffectOf {
  return (object, event) => {
    const effect = effectOf(object, event);
    const tell = async (tx: Tx, outcome: Outcome, now: Date) => {
      if (outcome.kind === 'applied' && outcome.merchantId) await notice(tx, outcome.merchantId, object, now);
    };
    return {
      ...effect,
      apply:
        effect.apply &&
        (async (tx, moment, context) => {
          const outcome = await effect.apply?.(tx, moment, context);
          if (!outcome) return { kind: 'settle' };
          await tell(tx, outcome, context.now);
          return outcome;
        }),
      settle: (db, stripe, context, also) =>
        effect.settle(db, stripe, context, async (tx, outcome) => {
          await tell(tx, outcome, context.now);
          await also(tx, outcome);
        }),
    };
  };
}

export async function noticeTrialEnding(
  tx: Tx,
  merchantId: string,
  object: Record<string, unknown>,
  now: Date,
): Promise<void> {
  const to = await findRecipient(tx, merchantId);
  if (!to) return;
  await queueEmail(tx, {
    key: `trial_ending:${String(object.id)}:${String(object.trial_end)}`,
    template: 'trial_ending',
    ...to,
    merchantId,
    data: {
      trialEnd: typeof object.trial_end === 'number' ? new Date(object.trial_end * 1000).toISOString() : null,
    },
    at: now,
  });
}
