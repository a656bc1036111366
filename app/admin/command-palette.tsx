'use client';

import { Autocomplete } from '@base-ui/react/autocomplete';
import type { Route } from 'next';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import type { SearchHit } from './search/route';

export type Destination = { href: string; label: string };
export type PaletteTexts = {
  open: string;
  keys: string;
  title: string;
  placeholder: string;
  pages: string;
  nothing: string;
  loading: string;
  failed: string;
  hint: string;
  kinds: Record<SearchHit['kind'], string>;
};

type Item = { id: string; title: string; detail?: string; href: string };
type Group = { value: string; items: Item[] };

/** The command menu's inside: a box to type into and what it finds, pages at once and the rest from the server. */
export default function CommandPalette({
  destinations,
  texts,
  onLeave,
}: {
  destinations: Destination[];
  texts: PaletteTexts;
  onLeave: () => void;
}) {
  const router = useRouter();
  const [words, setWords] = useState('');
  const { hits, state } = useHits(words);
  const typed = words.trim().toLowerCase();
  const pages = destinations.filter((one) => one.label.toLowerCase().includes(typed));
  const groups: Group[] = [
    ...(Object.keys(texts.kinds) as SearchHit['kind'][]).map((kind) => ({
      value: texts.kinds[kind],
      items: hits.filter((hit) => hit.kind === kind),
    })),
    {
      value: texts.pages,
      items: pages.map(({ href, label }) => ({ id: href, title: label, href })),
    },
  ].filter((group) => group.items.length > 0);

  function go(item: Item) {
    onLeave();
    router.push(item.href as Route);
  }

  const said = state === 'failed' ? texts.failed : state === 'searching' ? texts.loading : texts.nothing;
  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      filter={null}
      autoHighlight="always"
      value={words}
      onValueChange={setWords}
      itemToStringValue={(item: Item) => item.title}
    >
      <Autocomplete.Input
        autoFocus
        aria-label={texts.placeholder}
        placeholder={texts.placeholder}
        maxLength={100}
        className="w-full rounded-t-2xl border-b border-line bg-transparent px-5 py-4 text-lg outline-none placeholder:text-muted"
      />
      <Autocomplete.Status className="px-5 text-muted not-empty:py-4">
        {groups.length === 0 || state === 'failed' ? said : null}
      </Autocomplete.Status>
      <Autocomplete.List className="max-h-[50vh] scroll-py-2 overflow-y-auto overscroll-contain px-2 not-empty:py-2">
        {(group: Group) => (
          <Autocomplete.Group key={group.value} items={group.items}>
            <Autocomplete.GroupLabel className="px-3 pt-2 pb-1 text-xs font-medium text-muted">
              {group.value}
            </Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(item: Item) => (
                <Autocomplete.Item
                  key={item.id}
                  value={item}
                  onClick={() => go(item)}
                  className="flex min-h-9 cursor-default items-center justify-between gap-4 rounded-lg px-3 py-1.5 select-none data-highlighted:bg-accent-soft data-highlighted:text-accent-ink"
                >
                  <span className="min-w-0 truncate font-medium">{item.title}</span>
                  {item.detail ? (
                    <span className="min-w-0 shrink truncate text-sm">{item.detail}</span>
                  ) : null}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
      <p className="border-t border-line px-5 py-2.5 text-sm text-muted">{texts.hint}</p>
    </Autocomplete.Root>
  );
}

/** What the server finds for the words, asked for when typing pauses; an answer to older words is dropped. */
function useHits(words: string) {
  const [answer, setAnswer] = useState<{ words: string; hits: SearchHit[]; failed?: boolean }>({
    words: '',
    hits: [],
  });
  const typed = words.trim();
  useEffect(() => {
    if (typed.length < 2) {
      setAnswer({ words: typed, hits: [] });
      return;
    }
    const asked = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const response = await fetch(`/admin/search?q=${encodeURIComponent(typed)}`, {
          signal: asked.signal,
          headers: { accept: 'application/json' },
        });
        if (!response.ok) throw new Error(String(response.status));
        setAnswer({ words: typed, hits: ((await response.json()) as { hits: SearchHit[] }).hits });
      } catch {
        if (!asked.signal.aborted) setAnswer({ words: typed, hits: [], failed: true });
      }
    }, 120);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [typed]);
  const state = answer.failed ? 'failed' : answer.words === typed ? 'found' : 'searching';
  return { hits: answer.hits, state } as const;
}
