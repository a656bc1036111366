/**
 * After an answer: what the person pressed may be gone with the page that comes next, and the focus with it. It then goes to
 * the heading of the card it was in, else to the page's own, from where the keyboard and a screen reader go on. Watches
 * until the person does the next thing.
 */
export function keepFocus(near: Element): void {
  const card = near.closest('section[aria-labelledby]');
  const catchIt = () => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const heading = card?.isConnected ? card.querySelector<HTMLElement>('h2') : null;
    const target = heading ?? document.querySelector<HTMLElement>('main h1');
    if (!target) return;
    target.tabIndex = -1;
    target.focus();
  };
  const observer = new MutationObserver(catchIt);
  observer.observe(document.body, { childList: true, subtree: true });
  const done = () => observer.disconnect();
  for (const event of ['keydown', 'pointerdown'])
    addEventListener(event, done, { once: true, capture: true });
}
