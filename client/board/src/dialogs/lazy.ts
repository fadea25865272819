/** The parts of the board that the first screen does not need. */
export const DIALOGS = {
  order: () => import('../order/OrderDrawer.svelte'),
  create: () => import('../create/NewOrder.svelte'),
  palette: () => import('./Palette.svelte'),
  keys: () => import('./KeySheet.svelte'),
  tray: () => import('./Tray.svelte'),
  review: () => import('./Review.svelte'),
  move: () => import('./MoveDialog.svelte'),
  reason: () => import('./ReasonDialog.svelte'),
  labels: () => import('./LabelsDialog.svelte'),
  pick: () => import('./PickDialog.svelte'),
  driver: () => import('./DriverPicker.svelte'),
  claims: () => import('../claims/ClaimsDialog.svelte'),
} as const;

/** Whole screens beside the board. */
export const SCREEN_PARTS = {
  dispatch: () => import('../dispatch/Dispatch.svelte'),
  settings: () => import('../settings/Settings.svelte'),
} as const;

/** Gets all of them once the board stands: a connection that breaks later must not matter. */
export async function fetch_ahead(): Promise<void> {
  for (const load of Object.values(DIALOGS)) {
    try {
      await load();
    } catch {
      // Offline already; each part is asked for again when it is needed.
      return;
    }
  }
}
