import type { z } from 'zod';
import type { FieldProblem } from '@/lib/errors';

/** What zod says of a field, as the domain would: `[2].limitValue` for rows, `address.city` for parts. */
export function toProblem(issue: z.core.$ZodIssue): FieldProblem {
  const path = issue.path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
  const sized = issue.code === 'too_small' || issue.code === 'too_big';
  const rule = sized ? `${issue.origin}_${issue.code}` : issue.code;
  return { path: path || 'body', rule, message: issue.message };
}

/** The same for a form: where it can be said what to write instead, it is. */
export function toFieldProblem(issue: z.core.$ZodIssue): FieldProblem {
  const problem = toProblem(issue);
  if (issue.code === 'invalid_format' && problem.path === 'code') return { ...problem, rule: 'code_form' };
  if (issue.code !== 'too_small') return problem;
  // Nothing at all where something must be is not "too short".
  if (issue.origin === 'string' && Number(issue.minimum) === 1) return { ...problem, rule: 'required' };
  if (issue.origin === 'number' && [0, 1].includes(Number(issue.minimum)))
    return { ...problem, rule: `at_least_${issue.minimum}` };
  return problem;
}
