const paths = {
  overview: 'M3 10.5 10 4l7 6.5V16a1 1 0 0 1-1 1h-4v-4H8v4H4a1 1 0 0 1-1-1z',
  products: 'M3.5 6.5 10 3l6.5 3.5v7L10 17l-6.5-3.5zM3.5 6.5 10 10l6.5-3.5M10 10v7',
  orders: 'M5 3h10v14l-2.5-1.5L10 17l-2.5-1.5L5 17zM8 7h4M8 10.5h4',
  team: 'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.5c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5M13 4a3 3 0 0 1 0 5.5M14.5 12.3c1.8.6 3 2 3 4.2',
  analytics: 'M3 17h14M5.5 14V9.5M10 14V4M14.5 14V7',
  billing:
    'M3 5.5h14a.5.5 0 0 1 .5.5v8a.5.5 0 0 1-.5.5H3a.5.5 0 0 1-.5-.5V6a.5.5 0 0 1 .5-.5zM2.5 8.5h15M5.5 12h3',
  tiers: 'M10 3 3 6.5l7 3.5 7-3.5zM3 10l7 3.5 7-3.5M3 13.5 10 17l7-3.5',
  subscriptions: 'M16 6.5A7 7 0 0 0 3.3 8M4 13.5A7 7 0 0 0 16.7 12M16.5 3v4h-4M3.5 17v-4h4',
  merchants:
    'M3 8.5 4.5 3.5h11L17 8.5M3.5 8.5v8h13v-8M3 8.5a2.3 2.3 0 0 0 4.6 0 2.4 2.4 0 0 0 4.8 0 2.3 2.3 0 0 0 4.6 0M8 16.5V12h4v4.5',
  inbox: 'M3 11.5 5 4h10l2 7.5v4a.5.5 0 0 1-.5.5h-13a.5.5 0 0 1-.5-.5zM3 11.5h4l1 2h4l1-2h4',
  audit: 'M5 3h7l3 3v11H5zM12 3v3h3M7.5 10h5M7.5 13h5',
  jobs: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l2.5 2',
  key: 'M12.5 11a4 4 0 1 0-3.8-2.7L3 14v3h3v-2h2v-2l1.7-1.7c.8.4 1.8.7 2.8.7zM13.5 6.5h.01',
  health: 'M2.5 10.5H6l2-5.5 4 10 2-4.5h3.5',
  mail: 'M3 5h14v10H3zM3 5.5l7 5.5 7-5.5',
  credits:
    'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM12.3 7.6c-.5-.7-1.3-1.1-2.3-1.1-1.4 0-2.4.7-2.4 1.8 0 2.5 5 1.1 5 3.5 0 1-1.1 1.8-2.6 1.8-1.1 0-2-.4-2.5-1.2M10 5v10',
  'add-ons': 'M8 3.5a1.8 1.8 0 0 1 3.6 0V5H15v3.5h1a1.8 1.8 0 0 1 0 3.6h-1V16H5V5h3z',
  search: 'M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM13.5 13.5 17 17',
  menu: 'M3 6h14M3 10h14M3 14h14',
  close: 'M5 5l10 10M15 5 5 15',
  chevron: 'm6 8 4 4 4-4',
  switch: 'm7 7.5 3-3 3 3M7 12.5l3 3 3-3',
  check: 'm4.5 10.5 3.5 3.5 7.5-8',
  minus: 'M5 10h10',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  external: 'M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7',
  lock: 'M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.5v4M10 6.7v.1',
  warning: 'M10 3.5 17.5 16.5h-15zM10 8.5v4M10 14.4v.1',
  download: 'M10 3v9M6.5 8.5 10 12l3.5-3.5M4 16h12',
  user: 'M10 10a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM4 16.5c.4-2.9 2.8-4.5 6-4.5s5.6 1.6 6 4.5',
} as const;

export type IconName = keyof typeof paths;

/** A 20 px line drawing in the text's colour. Decoration only: the words beside it carry the meaning. */
export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true" className={className ? `icon ${className}` : 'icon'}>
      <path d={paths[name]} />
    </svg>
  );
}
