import { Card } from '@/components/ui/card';
import type { PlanFacts } from './facts';
import { PlanSentence } from './plan-sentence';
import { StatusBadge } from './status-badge';

/** The plan and its state in words, where nothing can be done about it. */
export function PlanCard({ title, plan, now }: { title: string; plan: PlanFacts; now: Date }) {
  return (
    <Card
      id="plan"
      title={
        <>
          {title} <StatusBadge status={plan.status} ending={plan.cancelAt !== null} />
        </>
      }
    >
      <p className="text-xl font-semibold tracking-tight">
        <PlanSentence plan={plan} now={now} />
      </p>
    </Card>
  );
}
