import { addOnInput, creditPackageInput, type ExtraInput } from '@/lib/billing/plans/extra-input';
import type { ExtraKind } from '@/lib/billing/plans/extras';
import { features } from '@/lib/features';
import { revisionOf, typedFields } from '../typed-fields';

type Fields = ReturnType<typeof typedFields>;

/** What was typed into the form of an add-on or a credit package, as the domain's input. @throws ValidationFailed */
export function readExtra(form: FormData, kind: ExtraKind): ExtraInput {
  const fields = typedFields(form);
  const currency = fields.text('currency').toUpperCase();
  const amount = fields.price('unitAmount', currency);
  if (amount === null) fields.say('unitAmount', 'required');
  const common = {
    code: fields.text('code'),
    name: fields.text('name'),
    currency,
    unitAmount: amount ?? 0,
    displayOrder: fields.whole('displayOrder') ?? 0,
    isActive: fields.checked('isActive'),
    revision: revisionOf(form),
  };
  if (kind === 'credit_package')
    return fields.parse(creditPackageInput, { ...common, credits: fields.whole('credits') });
  return fields.parse(addOnInput, {
    ...common,
    description: fields.text('description'),
    category: fields.text('category'),
    interval: fields.text('interval'),
    features: readAdds(fields),
  });
}

/** By feature code: how much an add-on adds; empty or 0 for nothing. */
const readAdds = (fields: Fields) =>
  features.flatMap((feature) => {
    const amount = fields.whole(`adds_${feature.code}`);
    return amount ? [{ featureCode: feature.code, amount }] : [];
  });

/** The form's name of `features[2].amount`. */
export function nameOfAdds(path: string, form: FormData): string {
  const row = readAdds(typedFields(form))[Number(/^features[[.](\d+)/.exec(path)?.[1])];
  return row ? `adds_${row.featureCode}` : path;
}
