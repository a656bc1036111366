'use client';

import { useClientTexts } from '@/components/client-texts';
import { Button } from '@/components/ui/button';

/** A page that failed: says so in the viewer's language, with the reference that our log carries, and tries again. */
export default function ErrorPage({
  error,
  retry,
}: {
  error: Error & { digest?: string };
  retry: () => void;
}) {
  const texts = useClientTexts();
  return (
    <main id="content" className="mx-auto flex max-w-lg flex-col items-start gap-3 px-4 py-16">
      <h1 className="text-2xl font-semibold">{texts?.failureTitle}</h1>
      <p className="text-muted">{texts?.failureText}</p>
      {error.digest ? (
        <p className="text-sm text-muted">
          {texts?.reference} <code className="font-mono">{error.digest}</code>
        </p>
      ) : null}
      <Button variant="primary" onClick={() => retry()}>
        {texts?.retry}
      </Button>
    </main>
  );
}
