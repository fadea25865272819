/** The filter and the open order live in the address, so that a view can be sent to a colleague. */
import type { Desk } from '../desk.svelte.ts';
import { read_filter, write_filter } from './filter_address.ts';

/** Reads the address once, then writes what changes until the answer is called. */
export function keep_address(desk: Desk): () => void {
  const found = read_filter(new URLSearchParams(location.search));
  if (Object.keys(found).length > 0) desk.view.filter = found;
  const follow = (): void => {
    desk.screen.follow_address();
    desk.overlay.follow_address();
  };
  follow();
  addEventListener('hashchange', follow);
  addEventListener('popstate', follow);
  const stop = $effect.root(() => {
    $effect(() => {
      if (desk.screen.name !== 'board') return;
      const search = write_filter(desk.view.filter, new URLSearchParams(location.search));
      const query = search.size === 0 ? '' : `?${search}`;
      if (query === location.search) return;
      history.replaceState(null, '', location.pathname + query + location.hash);
    });
  });
  return () => {
    removeEventListener('hashchange', follow);
    removeEventListener('popstate', follow);
    stop();
  };
}
