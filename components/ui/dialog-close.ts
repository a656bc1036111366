/**
 * Closes a dialog by a press beside it or on a `[data-close]` in it; answers what undoes that. A text that is marked from a
 * field to beyond the dialog ends in a click on it, too: both ends of the press have to be beside.
 */
export function closeByPress(element: HTMLDialogElement): () => void {
  let pressed: EventTarget | null = null;
  function press(event: PointerEvent) {
    pressed = event.target;
  }
  function close(event: MouseEvent) {
    const target = event.target as HTMLElement;
    if (!(target === element && pressed === element) && !target.closest('[data-close]')) return;
    event.preventDefault();
    element.close();
  }
  element.addEventListener('pointerdown', press);
  element.addEventListener('click', close);
  return () => {
    element.removeEventListener('pointerdown', press);
    element.removeEventListener('click', close);
  };
}
