/** What can be done with a whole column. */
import { t } from '@kanvoy/kit/texts.ts';
import type { MenuItem } from '@kanvoy/kit/MenuList.svelte';
import ChevronsRightLeft from '@lucide/svelte/icons/chevrons-right-left';
import EyeOff from '@lucide/svelte/icons/eye-off';
import ListChecks from '@lucide/svelte/icons/list-checks';
import { is_terminal, type Stage } from '../act/moves.ts';
import type { Desk } from '../desk.svelte.ts';

export function column_menu(desk: Desk, stage: Stage): readonly MenuItem[] {
  const folded = desk.view.is_folded(stage.id, is_terminal(stage));
  const ids = desk.engine.board
    .columns()
    .filter((key) => key === stage.id || key.startsWith(`${stage.id}\n`))
    .flatMap((key) => desk.engine.board.column(stage.id, key.slice(stage.id.length + 1)).ids);
  return [
    {
      label: folded ? t('column.unfold') : t('column.fold'),
      icon: ChevronsRightLeft,
      run: () => desk.view.flip(stage.id),
    },
    { label: t('column.hide'), icon: EyeOff, run: () => desk.view.hide(stage.id) },
    {
      label: t('column.select_all', { count: ids.length }),
      icon: ListChecks,
      group: '',
      run: () => desk.selection.all(ids),
      ...(ids.length === 0 ? { blocked: t('column.empty') } : {}),
    },
  ];
}
