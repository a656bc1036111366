import { z } from 'zod';
import { type TierLimitInput, tierLimitInput } from '@/lib/billing/plans/tier-limits';
import { features } from '@/lib/features';
import { typedFields } from '../typed-fields';

/** The slide-over's rows, in the features' order: `on_CODE` is the switch, `limit_CODE` the number, empty for unlimited. */
export function readLimits(form: FormData): TierLimitInput[] {
  const fields = typedFields(form);
  const rows = features.map((feature) => ({
    featureCode: feature.code,
    enabled: fields.checked(`on_${feature.code}`),
    ...(feature.kind === 'flag' ? {} : { limitValue: fields.whole(`limit_${feature.code}`) }),
  }));
  return fields.parse(z.array(tierLimitInput), rows);
}

/** `[2].limit_value` and `2.limit_value` are the third feature's field. */
export function namesOfLimits(path: string): string {
  const [, index, field] = /^\[?(\d+)]?\.(\w+)$/.exec(path) ?? [];
  const feature = features[Number(index)];
  return feature && field ? `${field === 'limitValue' ? 'limit' : 'on'}_${feature.code}` : path;
}
